"""What will not be sent, in a sentence: pure."""

from shared.outbound.warnings import warnings_of


def test_warnings_say_how_many_and_what_to_do():
    (warning,) = warnings_of({"no-opt-in": 98, "opted-out": 0}, 100)

    assert (warning.code, warning.count) == ("no-opt-in", 98)
    assert warning.message.startswith("98 of 100 have no opt-in")
