"""Whole sentences that refuse, and sentences that only hold such a word: as many of these as of those."""

import re

import pytest

from shared.people.consent.opt_out_phrases import LISTS, ROWS, language_of_phrase
from shared.people.consent.opt_out_words import MAX_TEXT_CHARACTERS, Said, language_of, said

REFUSALS = {
    "en": (
        "stop, thanks", "Please stop.", "Please stop texting me", "stop sending me messages", "STOP SENDING ME SPAM!!",
        "Don't text me anymore", "do not contact me again", "I don't want to receive any more messages from you",
        "I do not wish to receive promotional messages", "no more messages please", "Unsubscribe me", "please remove me",
        "Remove me from your list", "take me off your list please", "I want to opt out", "I'd like to unsubscribe",
        "How do I unsubscribe?", "leave me alone", "Stop it!", "Not interested, stop", "Wrong number. Stop",
        "Stop sending me messages. I already paid.", "Hi, please stop messaging me, thanks", "stop these messages",
        "I want to stop receiving messages", "Don’t message me any more", "delete my number",
        "Stop messaging this number", "stop texting", "could you please stop texting me?",
        "I never signed up for this, stop",
        "no thanks - unsubscribe me", "Stop - wrong number", "stop/unsubscribe", "STOP & unsubscribe",
        "don't text this number", "do not contact this number", "could you please take me off your list",
        "don't call or text me", "I don't want to hear from you",
        "take this number off your list", "don't send me anything else", "STOP. This is harassment", "stop promo",
    ),
    "es": (
        "quiero darme de baja", "no quiero recibir más mensajes", "stop, gracias", "Hola! Quiero darme de baja. Gracias",
        "Por favor no me escriban más", "No me manden más mensajes", "no me envíen más publicidad",
        "Ya no quiero recibir mensajes",
        "no deseo recibir promociones", "NO QUIERO MÁS MENSAJES!!!", "no me contacten más por whatsapp", "No me molesten",
        "dejen de mandarme mensajes", "Deje de escribirme por favor", "basta de mensajes", "solicito la baja",
        "me quiero dar de baja de esta lista", "denme de baja", "baja por favor", "Sáquenme de la lista",
        "bórrenme de su lista",
        "eliminen mi número", "quiero salir de la lista", "Desuscribirme", "no autorizo el envío de mensajes",
        "no me interesa, no me escriban más", "cómo puedo darme de baja?", "No quiero que me escriban más",
        "no quiero recibir mas", "No me escriban más. Mañana paso por el local.", "no vuelvan a escribirme", "stop ya",
        "no quiero recibir notificaciones de ustedes",
        "no me manden más nada", "no quiero más msj", "Quiero que borren mi número", "solicito me den de baja",
        "pueden darme de baja por favor?", "podrían dejar de enviarme mensajes?", "bájenme de la lista",
        "ya les dije que no me escriban más", "se equivocaron de número, no me escriban más", "dejame de mandar mensajes",
        "no me llamen ni me escriban",
        "quiero darme de baja ya", "Solicito baja", "No gracias - no me escriban más",
        "No me interesa - no me escriban más", "Quiero dejar de recibir mensajes", "Favor de no enviar más mensajes",
        "Favor de no molestar", "Favor de darme de baja", "Ya no manden mensajes", "ya no envíen mensajes",
        "no deseo que me contacten", "no quiero ser contactado", "Solicito no recibir más mensajes",
        "me pueden sacar de la lista?", "STOP BAJA", "BAJA STOP", "BAJA YA", "No recibir más mensajes",
        "Solicito la baja de mi número", "por favor sacarme de la lista", "Cancelar suscripción",
    ),
    "pt": (
        "Desinscrever", "quero me desinscrever",
        "não quero mais receber", "Não quero receber mais mensagens", "nao quero receber mensagens",
        "parem de mandar mensagem",
        "Pare de me enviar mensagens, por favor", "não me mande mais mensagens", "Não me envie mais", "me tirem da lista",
        "me remova da lista", "quero sair da lista", "Quero me descadastrar", "quero parar de receber mensagens",
        "não quero mais mensagens", "Olá, não desejo receber propaganda. Obrigada", "sair, obrigado",
        "não me perturbe mais",
        "não entrem mais em contato", "remova meu número", "Não tenho interesse, parem de enviar mensagens",
        "chega de mensagens",
        "gostaria de cancelar o recebimento de mensagens", "não autorizo o envio de mensagens",
        "Não quero mais receber nada de vocês", "não mandem mais", "favor retirar meu número da lista",
        "Favor me remover da lista", "Quero que removam meu número", "Vocês podem parar de me mandar mensagem?",
        "Número errado - não mande mais mensagens", "Remova-me da lista", "Não quero receber mais nada",
        "Não mande mais mensagem para esse número", "Gostaria de não receber mais mensagens",
        "Gostaria de ser removido da lista", "Não quero ser incomodado", "Não receber mais mensagens",
        "como faço para não receber mais mensagens?", "pare com as mensagens", "descadastre meu número",
    ),
}  # fmt: skip
ANSWERS = (
    "non stop service", "bus stop?", "Is this the bus stop", "stop by tomorrow", "please stop the delivery", "I can't stop",
    "can you stop the car", "don't stop", "I don't want to receive the package today", "stop sending it to the old address",
    "don't send me the invoice", "do not text me today", "remove the second item", "I quit smoking", "the end",
    "cancel please",
    "I want to opt out of the insurance", "do you stop at 5?", "no more than two", "message me tomorrow",
    "stop?? why so expensive",
    "quiero la opción más baja", "no quiero recibir el paquete hoy", "No, quiero recibir más mensajes", "no, baja",
    "ya baja",
    "la presión está baja", "está con baja médica", "quiero dar de baja el servicio", "quiero dar de baja mi línea",
    "quiero darme de baja del gimnasio", "cancelar por favor", "cancelar mi turno", "no quiero más", "no me interesa",
    "no quiero recibir más información", "no quiero más información", "no gracias", "no",
    "No puedo recibir mensajes de voz",
    "salir a las 5", "quiero salir mañana", "alto costo", "no me manden el técnico hoy",
    "no me escriban al mail, por whatsapp sí",
    "no me llamen hoy", "no recibí más mensajes", "¿por qué no recibo mensajes?", "quiero recibir más mensajes",
    "no quiero recibir más mensajes hasta mañana", "no me manden más mensajes que el de mi turno", "alta, por favor",
    "no quiero parar", "parar en la esquina", "quiero eliminar un producto", "borren el pedido", "gracias por no molestar",
    "não quero receber o pacote hoje", "não quero mais", "quero receber mais mensagens", "pare na esquina", "para quando?",
    "Nao. Sair.", "Vou demorar um pouco hoje. Sair.", "Estoy aburrida en casa. Quiero salir.", "Quero sair.", "como sair?",
    "sair mais cedo", "quero sair amanhã", "não me liguem hoje", "cancelar a consulta", "não quero mais esse horário",
    "remover o segundo item", "não recebi mais mensagens", "não, quero mais", "não tenho interesse", "baixa",
    "favor de enviar el contrato", "favor de no cambiar mi turno", "quiero dejar de pagar", "dejar de recibir el diario",
    "me pueden sacar una duda?", "no quiero ser atendido hoy", "sí - mañana", "24/7", "no - el martes", "sí/no",
    "baja ya la música", "alto & claro", "não mande o boleto para esse número", "não quero receber mais nada hoje de manhã",
    "gostaria de receber mais mensagens", "tire-me uma dúvida", "don't text this number before 9",
    "I want to hear from you",
    "obrigado", "ok",
    "chega já?", "stop the payment", "don't text me, call me", "don't message me at work", "cancel my subscription",
    "can you take me off the waiting list", "remove me from the waiting list", "don't send me anything", "no, stop the car",
    "I don't want to receive texts before 9", "quiero la baja de mi línea", "solicito la baja del servicio", "quiero baja",
    "me dan de baja el internet?", "no quiero que me manden nada", "no me llamen por teléfono, escríbanme",
    "dejen de cobrarme", "no me escriban después de las 22", "cancelar mi suscripción", "no quiero promociones",
    "pare o pedido", "não mande o entregador", "não quero sair da lista", "me tira da fila", "cancelar minha inscrição",
    "não quero receber ligações", "não mande mensagem para minha esposa", "não quero mensagens de voz",
    "", "gracias, ok, thanks",
)  # fmt: skip


@pytest.mark.parametrize("text", [text for texts in REFUSALS.values() for text in texts])
def test_a_whole_sentence_that_refuses_messages_is_a_refusal(text: str) -> None:
    for spelled in (text, text.upper(), f"  {text} 🙏", text.replace(" ", "  "), text.replace("a", "a\u00ad")):
        assert said(spelled) is Said.NO
        assert said(spelled, ()) is Said.NO, "no campaign may leave it out"


@pytest.mark.parametrize("text", ANSWERS)
def test_a_sentence_that_only_holds_such_a_word_is_an_answer(text: str) -> None:
    assert said(text) is not Said.NO


@pytest.mark.parametrize(
    ("language", "text"), [(language, text) for language in REFUSALS for text in REFUSALS[language]]
)
def test_a_sentence_is_answered_in_its_language(language: str, text: str) -> None:
    assert language_of(text) in {
        language,
        *(["en"] if "stop" in text.lower() else []),
        *([None] if "stop" in text.lower() else []),
    }


def test_refusals_and_answers_are_balanced() -> None:
    refusals = sum(map(len, REFUSALS.values()))
    assert abs(refusals - len(ANSWERS)) < refusals // 4


def test_every_row_names_lists_that_exist_and_closes_its_brackets() -> None:
    for row in (*LISTS.values(), *(row for rows in ROWS.values() for row in rows)):
        assert set(re.findall(r"<(\w+)>", row)) <= set(LISTS)
        assert (row.count("("), row.count("[")) == (row.count(")"), row.count("]"))
    assert language_of_phrase("no me escriban mas") == "es"


@pytest.mark.parametrize(
    "piece", ["no me escriban mas ", ".a", "gracias ", "no quiero recibir mas mensajes mas ", "\u200b", ", "]
)
def test_a_long_message_is_judged_by_what_is_looked_at(piece: str) -> None:
    assert said(piece * MAX_TEXT_CHARACTERS) is None
