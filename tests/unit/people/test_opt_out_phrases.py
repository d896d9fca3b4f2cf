"""Whole sentences that refuse, and sentences that only hold such a word: as many of these as of those."""

import re

import pytest

from shared.people.consent.opt_out_phrases import COMPLAINTS, LISTS, OBJECTS, ROWS, language_of_phrase
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
        "Anular suscripción", "No me jodan más", "dejen de joder",
        "Baja de la lista", "Quitar de la lista", "desuscribime", "Revoco mi consentimiento", "No acepto recibir mensajes",
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
        "Não quero receber nada", "para de encher o saco",
        "Remover da lista", "Retire meu nome da lista", "Quero descadastro", "Revogo meu consentimento",
        "Nunca mais me mande mensagem",
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
    "baja del plan", "no acepto", "retiro mi pedido", "no acepto el mensaje de voz", "remover da fila", "retire meu pedido",
    "nunca mais me mande o mesmo produto", "quero o cadastro", "revogo o contrato", "quitar de mi pedido",
    "pare o pedido", "não mande o entregador", "não quero sair da lista", "me tira da fila", "cancelar minha inscrição",
    "não quero receber ligações", "não mande mensagem para minha esposa", "não quero mensagens de voz",
    "", "gracias, ok, thanks",
)  # fmt: skip


BESIDE_OTHER_WORDS = {
    "refusals": (
        "Please stop texting me. I already paid.", "Don't contact me again. I bought elsewhere.",
        "I want to unsubscribe. I get too many messages!", "Unsubscribe me. Who gave you my number?", "STOP. Thank you!",
        "I want to unsubscribe from your list. I moved to Spain.", "Stop it! Wrong number.", "Leave me alone. STOP",
        "I'd like to opt out. Regards, Jane Roe", "remove me from this list. My husband used it.",
        "opt out of these messages please. Unsubscribe", "Don't text me. I never signed up for this.",
        "stop it now! Stop these messages. I am at work", "lose my number! We are done.",
        "Necesito darme de baja de la lista. Me mudo.", "Quiero darme de baja. Recibo demasiados mensajes.",
        "Hola, solicito la baja. Ya lo pedí varias veces. Gracias", "No me hablen más. Estoy en una reunión.",
        "no me escriban por WhatsApp. Mi trabajo no lo permite.", "Quiero darme de baja. Saludos, Ana Paz",
        "Quiero darme de baja. ¡Stop!", "No me escriban. De dónde sacaron mi número?", "STOP. Ya no me interesa.",
        "No molesten. Esto es spam.", "Ya no me escriban. Compré otro.", "No quiero recibir más mensajes. Ya pagué ayer.",
        "Dejen de escribirme. Ya pagué.", "denme de baja. No soy cliente.", "eliminen mi número. Era de mi padre.",
        "Ya les dije que no me escriban. Qué pesados.", "basta ya! No me molesten",
        "no me manden más publicidad. Me mudo.",
        "Não me chame mais. Estou trabalhando.", "Não me chame. Número errado!", "Quero sair da lista. Mudei de cidade.",
        "Não mandem mais mensagens. Já comprei.", "Quero me descadastrar. Nunca me cadastrei!", "Me remova. Chega!",
        "Não me escrevam mais. Já resolvi.", "Não me incomodem. Já pedi várias vezes.", "pare já! Isso é spam",
        "Parem de me escrever. Já paguei.", "Não quero mais receber. Não sou cliente de vocês.",
        "quero me desinscrever. Abraços, João Silva", "Me tirem da lista. Eu não moro mais aí.",
    ),
    "answers": (
        "Stop it! You're too kind", "Stop it. The delivery must not come today",
        "I want to opt out. The insurance costs too much.",
        "I need to unsubscribe. I'm moving to another gym.", "Remove me. My brother takes the second seat.",
        "Don't text me. I'm driving, call in an hour", "Leave me alone! Haha, of course I'll come.",
        "Stop right now. Wait for me",
        "How do I opt out? My employer pays for the plan.", "I don't want to get any more. Two boxes are enough.",
        "Don't send me anything else. The order is complete.", "Delete me. I was counted twice for dinner.",
        "block me! Two seats for Friday, please", "Stop writing. I cannot read so fast.", "stop this! So funny",
        "Please stop. I'm here",
        "Necesito darme de baja. Me mudo a otra ciudad.", "Hola, solicito la baja. Mi contrato vence en mayo.",
        "No me hablen. Estoy en una reunión", "Quiero darme de baja. Cuánto es la multa?",
        "no me escriban. Prefiero que me llamen",
        "Cómo me doy de baja? Tengo el plan familiar.", "Me dan de baja? El internet no funciona.",
        "basta ya! Qué gracioso",
        "Solicito la baja de mi número. Me cambio de compañía.", "Cancelar suscripción. El gimnasio está lejos.",
        "No me manden más nada. Con dos cajas alcanza.", "No molestar. Los niños duermen hasta las 10",
        "Bórrenme. Mi hermana va al turno en mi lugar.", "Déjenme en paz! Jaja, sí voy", "Stop ya. Esperen en la puerta",
        "No quiero que me molesten. Dejen el paquete en portería.", "no quiero recibir más. El pedido está completo",
        "Quiero darme de baja. Mi contrato es el 4455. Saludos, Ana Paz",
        "Não me chame. Estou em reunião", "Não mandem mais. Já tenho dois.",
        "Não quero mais receber. O pacote vai para o vizinho.",
        "Quero me descadastrar. Vou mudar de academia.", "Me remova. Meu irmão vai no meu lugar.",
        "Pare já! Que engraçado",
        "Não perturbe. O bebê dorme até as 10", "Me deixe em paz! Kkk, vou sim", "não entrem em contato. Eu ligo amanhã",
        "Como me descadastrar? Tenho o plano família.", "Não quero receber mais nada. O pedido está completo.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("text", BESIDE_OTHER_WORDS["refusals"])
def test_a_refusal_that_names_its_object_or_has_only_complaints_beside_it_is_one(text: str) -> None:
    for spelled in (text, text.upper(), text.replace(". ", ".\n"), f"{text} 🙏"):
        assert said(spelled) is Said.NO
        assert said(spelled, ()) is Said.NO


@pytest.mark.parametrize("text", BESIDE_OTHER_WORDS["answers"])
def test_a_refusal_that_names_no_object_is_an_answer_if_the_rest_is_about_something_else(text: str) -> None:
    for spelled in (text, text.upper(), text.replace(". ", ".\n")):
        assert said(spelled) is None


@pytest.mark.parametrize("text", BESIDE_OTHER_WORDS["answers"])
def test_the_same_refusal_alone_is_one(text: str) -> None:
    alone = next((one for one in re.split(r"(?<=[.!?])\s|, ", text) if said(one) is Said.NO), None)
    assert alone is not None or text == "Please stop. I'm here"
    assert said(f"{alone or 'Please stop.'} Thank you") is Said.NO


def test_those_beside_other_words_are_balanced() -> None:
    assert len(BESIDE_OTHER_WORDS["refusals"]) == len(BESIDE_OTHER_WORDS["answers"])


def test_a_signature_of_any_length_is_judged_at_once() -> None:
    for text in (
        "saludos " + "a" * MAX_TEXT_CHARACTERS,
        "saludos a. " * 1_000,
        "saludos" + " " * MAX_TEXT_CHARACTERS + "1",
    ):
        assert said(text) is None


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
    for row in (*LISTS.values(), *COMPLAINTS, *(row for rows in ROWS.values() for row in rows)):
        assert set(re.findall(r"<(\w+)>", row)) <= set(LISTS)
        assert (row.count("("), row.count("[")) == (row.count(")"), row.count("]"))
    assert set(OBJECTS) <= set(LISTS)
    assert language_of_phrase("no me escriban mas") == "es"


@pytest.mark.parametrize(
    "piece", ["no me escriban mas ", ".a", "gracias ", "no quiero recibir mas mensajes mas ", "\u200b", ", "]
)
def test_a_long_message_is_judged_by_what_is_looked_at(piece: str) -> None:
    assert said(piece * MAX_TEXT_CHARACTERS) is None
