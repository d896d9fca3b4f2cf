"""The faults that a script may ask for, and the requests that meet them. Owns no counting and no effect."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveInt, model_validator

from workers.simulator.schema import Address, Code, Probability, StrictModel


class FaultKind(StrEnum):
    ERROR = "error"
    CUT_BEFORE_ACCEPTANCE = "cut_before_acceptance"
    CUT_AFTER_ACCEPTANCE = "cut_after_acceptance"
    CUT_MID_BODY = "cut_mid_body"
    HANG_AFTER_ACCEPTANCE = "hang_after_acceptance"
    ACCEPT_THEN_500 = "accept_then_500"
    EMPTY_200 = "empty_200"
    HTML_200 = "html_200"
    TRUNCATED_JSON = "truncated_json"


class Match(StrictModel):
    """The requests that meet a fault: all conditions hold together; without conditions, every request.

    every, first: counted over the requests that reached this rule and fit its `numbers`.
    """

    numbers: frozenset[Address] | None = None
    every: PositiveInt | None = None
    first: PositiveInt | None = None
    probability: Probability | None = None


class Fault(StrictModel):
    """One fault. The first rule that fits a request wins.

    code, http_status, retry_after_s: of an `error`.  seconds: the silence of `hang_after_acceptance`.
    """

    match: Match = Match()
    do: FaultKind
    code: Code | None = None
    http_status: Annotated[int, Field(ge=400, le=599)] | None = None
    retry_after_s: NonNegativeInt | None = None
    seconds: NonNegativeFloat = 30.0

    @model_validator(mode="after")
    def _check_fields_fit_kind(self) -> Self:
        only_for_errors = self.model_fields_set & {"code", "http_status", "retry_after_s"}
        if self.do is FaultKind.ERROR and self.code is None:
            raise ValueError("'error' needs a code")
        if self.do is not FaultKind.ERROR and only_for_errors:
            raise ValueError(f"{', '.join(sorted(only_for_errors))}: only for 'error'")
        if self.do is not FaultKind.HANG_AFTER_ACCEPTANCE and "seconds" in self.model_fields_set:
            raise ValueError("seconds: only for 'hang_after_acceptance'")
        return self
