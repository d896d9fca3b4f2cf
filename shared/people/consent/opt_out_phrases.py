"""Whole sentences by which people refuse messages, in English, Spanish and Portuguese, and the courtesy around them.

Owns the table and its notation; how a message is divided into sentences: `opt_out_words`. Each row is compared with a whole
sentence, never with a part of one: `no quiero recibir el paquete hoy` and `non stop service` are none of these.

Decision: a sentence that names neither what is to stop (messages, a list, WhatsApp) nor that it shall never come again may
be about a contract or a delivery (`necesito darme de baja. Me mudo`, `stop it! You're too kind`). It refuses only if the
rest of the text says nothing else. The cost: some who refuse and say why in words of their own are not heard at once.

Notation, over words without accents: `(a|b c)` one of these, `[a|b]` one of these or nothing, `<list>` a word of LISTS.
`~` before a row: the sentence refuses for itself only with a word of OBJECTS.
Source: no authority was found for sentences; these are the ones that people write to opt out (assumed). A sentence that
also answers a question of a campaign (`no quiero más`, `no me interesa`, `no quiero más información`) is left out.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

LISTS: Final = MappingProxyType(
    {
        "messages": (
            "message|messages|text|texts|promos|promo|text messages|msg|msgs|sms|whatsapps|whatsapp messages|spam|"
            "promotions|promotional messages|marketing messages|notifications|communications|marketing"
        ),
        "mensajes": (
            "mensaje|mensajes|mensajitos|msj|msjs|sms|wsp|whatsapp|whatsapps|mensajes de whatsapp|publicidad|"
            "publicidades|propaganda|promociones|promos|spam|notificaciones|comunicaciones|avisos|"
            "ofertas|mensajes publicitarios"
        ),
        "sms": (  # `no quiero ofertas` answers a question
            "mensaje|mensajes|msj|msjs|mensagem|mensagens|sms|wsp|whatsapp|whatsapps|"
            "zap|publicidad|publicidade|propaganda|spam"
        ),
        "mensagens": (
            "mensagem|mensagens|msg|msgs|promos|sms|whatsapp|zap|mensagens de whatsapp|propaganda|propagandas|"
            "promocoes|publicidade|spam|notificacoes|comunicacoes|avisos|ofertas|mensagens de voces|"
            "divulgacao"
        ),
        "list": (
            "from (your|this|the|these) (list|lists|mailing list|database|system|contacts|messages)|off "
            "(your|this|the) list"
        ),
        "lista": (
            "de (la|su|esta|esa|sus|las|tu) (lista|listas|base|base de datos|lista de contactos|lista de "
            "difusion|agenda)|de (estos|los|sus) mensajes|de (la|su) publicidad|de este (grupo|whatsapp|"
            "chat)|de whatsapp"
        ),
        "listap": (
            "(da|desta|dessa|de sua|da sua) (lista|base|lista de contatos|lista de transmissao|base de "
            "dados)|(destas|dessas|das) mensagens|deste (grupo|whatsapp)|do whatsapp"
        ),
        "here": "[de ustedes|suyos|suyas|de esta empresa] [<medio>]",
        "medio": "por whatsapp|por este medio|por aca|por aqui|a este numero|en este numero|en mi celular",
        "aqui": "[de voces|seus|suas|dessa empresa|desta empresa] [<meio>]",
        "meio": "por whatsapp|no whatsapp|por aqui|neste numero|nesse numero|no meu celular",
        "again": "again|anymore|any more|any longer|ever again|<number>",
        "number": "on this number|on whatsapp|to this number|this number",
        "yours": "from you|de ustedes|de esta empresa|de voces|dessa empresa|desta empresa",
        "escriban": (
            "escriban|escriba|escribas|escriban mensajes|contacten|contacte|contactes|molesten|moleste|molestes|hablen"
        ),
        "mas": "mas|nunca mas|de nuevo|otra vez|ya",
        "escreva": "escreva|escrevam|contate|contatem|perturbe|perturbem|incomode|incomodem|chame|chamem",
        "mais": "mais|nunca mais|de novo|outra vez|ja",
    }
)

# What is to stop.
OBJECTS: Final = (
    "messages", "mensajes", "sms", "mensagens", "list", "lista", "listap", "medio", "meio", "number", "yours",
)  # fmt: skip
# Rows end with a semicolon; a row may take several lines.
_ENGLISH: Final = """
    [i] (do not|dont|no longer|dont ever) (want|wish) [to] [receive|get|be getting|be receiving] [any]
        [more|further|your|these|this kind of|such] <messages> [from you] [<again>];
    ~ [i] (do not|dont|no longer) (want|wish) to (receive|get) [any] (more|further) [from you];
    [i] (do not|dont) (want|wish) to be (contacted|messaged|texted) [<again>];
    [i] (want|would like|wish|need|d like|id like) (you) to stop (contacting|messaging|texting|writing to) me [<again>];
    [can you|could you|would you|will you] [please] (stop|quit|cease)
        (texting|messaging|contacting|spamming|writing to|whatsapping) (me|this number|us) [<again>];
    ~ [can you|could you|would you|will you] [please] (stop|quit|cease)
        (texting|messaging|contacting|spamming|bothering|writing|writing to|whatsapping) [me|this number|us] [<again>];
    ~ [can you|could you|would you|will you] [please] (stop|quit|cease) sending [me] (these|this);
    (stop|end|cancel) <messages>;
    [can you|could you|would you|will you] [please] (stop|quit|cease) sending [me] [any] [more|these|your|this]
        <messages> [to me] [to this number] [<again>];
    stop [all|these|the|your] <messages>;
    ~ stop (it|now|right now|this|immediately);
    (do not|dont|never) (contact|text|message|write|write to|whatsapp|bother|spam) me <again> [<again>];
    ~ (do not|dont|never) (contact|text|message|write|write to|whatsapp|bother|spam) me;
    (do not|dont|never) send [me] [any] [more|these|your] <messages> [<again>];
    ~ (do not|dont|never) send me (any more|anything else|anything more|anything again);
    [can you|could you|would you] [please] (unsubscribe|remove|delete) me <list>;
    no more <messages> [from you];
    ~ (unsubscribe|remove|delete) me [<list>];
    (take|get) (me|this number|my number) <list>;
    (remove|delete|erase) (my number|this number|my contact|my details) [<list>];
    ~ [i] (want|would like|wish|need|id like) to (unsubscribe|opt out|be removed|stop receiving <messages>) [<list>];
    ~ (unsubscribe|opt out) [<list>|(from|of) (these|your|all) <messages>];
    ~ opt me out [<list>|of these <messages>|of your <messages>|of this];
    ~ block me;
    ~ (do not|dont|please do not|please dont) (text|contact|message|call or text|text or call|write to) (this number|me);
    [i] (do not|dont) (want|wish) to hear from you [<again>];
    (can you|could you|would you) [please] (take|get) (me|this number|my number) <list>;
    ~ how (do i|can i|to) (unsubscribe|opt out|stop these <messages>|stop the <messages>) [<list>];
    ~ leave me alone;
    lose my number;
"""
_SPANISH: Final = """
    [yo] [ya] no (quiero|deseo|quisiera|queremos|me interesa|estoy interesado en|estoy interesada en) [seguir]
        (recibir|recibiendo) [mas] [estos|estas|sus|ningun|este tipo de|esta clase de] <mensajes> [mas] <here>
        [<mas>];
    ~ [yo] [ya] no (quiero|deseo|quisiera) [seguir] (recibir|recibiendo) mas <here>;
    [yo] [ya] no (quiero|deseo|quisiera) recibir (nada|mas nada|nada mas) (de ustedes|por este medio|por whatsapp);
    [yo] [ya] no (quiero|deseo|queremos) [mas|sus|estos|estas|ningun] <sms> [mas] <here>;
    no me <escriban> <mas> [por favor] <here> [<mas>];
    ya no me <escriban> [<mas>] [por favor] <here> [<mas>];
    ~ no me <escriban> [por favor] <here> [<mas>];
    [ya] no me (envien|envie|envies|manden|mande|mandes|sigan mandando|sigan enviando) [mas] [estos|sus|este tipo de]
        <mensajes> [<mas>] <here>;
    ~ [ya] no me (envien|envie|envies|manden|mande|mandes) mas [nada|cosas];
    ~ [ya] no me (envien|envie|envies|manden|mande|mandes) nada mas;
    ~ [ya] no quiero que me (manden|envien) (mas nada|nada mas);
    [ya] no me (llamen|llame|llames) ni me (escriban|escriba|escribas|manden <mensajes>) [<mas>];
    [ya] no me (escriban|escriba|escribas|manden <mensajes>) ni me (llamen|llame|llames) [<mas>];
    [ya] (les|le|te) (dije|pedi|pido|digo|ruego|solicito|agradeceria) que no me
        (escriban|escriba|escribas|contacten|molesten|manden [mas] <mensajes>|envien [mas] <mensajes>) [<mas>];
    no (me vuelvan|me vuelva|me vuelvas|vuelvan|vuelva|vuelvas) a
        (escribir|contactar|molestar|escribirme|contactarme|molestarme|mandar <mensajes>|enviar <mensajes>|mandarme
        <mensajes>|enviarme <mensajes>);
    [ya] no quiero que me (escriban|contacten|molesten|hablen|sigan escribiendo|sigan contactando) <mas> <here>;
    [ya] no quiero que me (escriban|contacten|sigan escribiendo|sigan contactando) <here>;
    ~ [ya] no quiero que me (molesten|hablen) <here>;
    [ya] no quiero que me (manden|envien|sigan mandando|sigan enviando) [mas] <mensajes> [<mas>] <here>;
    no (enviar|mandar|envien|envie|manden|mande) [mas|me mas] <mensajes> [<mas>] <here>;
    ~ no (escribir|escriban|contactar|contacten|molestar|molesten|moleste) [mas] <here>;
    [pueden|puede|podrian|podria|puedes|podrias]
        (dejen|deja|deje|dejar|dejame|dejeme|dejenme|paren|para|pare|parar|basta) de
        (escribirme|contactarme|mensajearme) [<mas>] <here>;
    ~ [pueden|puede|podrian|podria|puedes|podrias]
        (dejen|deja|deje|dejar|dejame|dejeme|dejenme|paren|para|pare|parar|basta) de
        (escribir|contactar|molestar|molestarme) [<mas>] <here>;
    [pueden|puede|podrian|podria|puedes|podrias] (dejen|deja|deje|dejar|dejame|dejeme|dejenme|paren|para|pare|parar|basta)
        de (mandar|mandarme|enviar|enviarme) [mas|estos|sus|tantos]
        <mensajes> [<mas>] <here>;
    (basta de|no mas|ni un|stop|stop a los|alto a los|detener|detener los|detengan los) <mensajes> [mas];
    ~ (stop|basta|pare|paren|detenganse) ya;
    ~ [yo] (quiero|quisiera|deseo|necesito|solicito|pido|me gustaria|querria) (darme|dar) de baja [ya|ahora|<lista>];
    ~ me (quiero|quisiera|gustaria|deseo) dar de baja [<lista>];
    ~ (me doy|dame|deme|denme|deme usted|me dan|me das|den me) [de] baja [<lista>];
    ~ (quiero|solicito|pido|deseo|quisiera) (la|mi) baja [de (mi|este) (numero|celular|telefono|contacto)|<lista>];
    ~ (solicito|pido) baja [<lista>];
    ~ [solicito|pido|quiero|quisiera|les pido|por favor] [que] me (den|de) de baja [<lista>];
    ~ [me] (pueden|podrian|puede|podria|puedes|podrias) (dar|darme) de baja [<lista>];
    ~ (darme|dar|doy|den|de) de baja ((mi|este) (numero|celular|telefono|contacto)|<lista>);
    ~ (dar me|dar|darme) de baja;
    ~ como (me doy|puedo darme|hago para darme|hago para que me den) de baja [<lista>];
    (bajenme|bajame|bajeme|saquenme|sacame|saqueme|sacarme|quitenme|quitame|quiteme|quitarme|retirenme|retireme|
        retirarme|salirme|salir) <lista>;
    ~ (eliminenme|eliminame|elimineme|borrenme|borrame|borreme) [<lista>];
    (eliminen|elimine|elimina|eliminar|borren|borre|borra|borrar|saquen|saque|sacar|quiten|quite|quitar) (mi numero|mi
        contacto|mi telefono|mi celular|este numero) [<lista>];
    (quiero|quisiera|deseo) (salir|salirme) <lista>;
    (quiero|quisiera|deseo|pido|solicito|les pido) que (eliminen|borren|saquen|quiten) (mi numero|mi contacto|mi telefono|mi
        celular|este numero) [<lista>];
    ~ (quiero|quisiera|deseo) que me (saquen|eliminen|borren|den de baja|quiten) [<lista>];
    ~ [quiero|quisiera|deseo|necesito] (desuscribirme|desuscribir|(cancelar|anular) [la] suscripcion)
        [<lista>|a estos mensajes];
    no autorizo (<mensajes>|mas <mensajes>|que me escriban|que me contacten|el envio de <mensajes>|recibir
        <mensajes>);
    ~ (dejenme|dejame|dejeme) en paz;
    ~ (no [me] jodan|dejen de joder|deja de joder|paren de joder) [<mas>];
    (quiero|quisiera|deseo) dejar de recibir [sus|estos|estas|mas] <mensajes> [<mas>] <here>;
    dejar de recibir [sus|estos|estas|mas] <mensajes> <here>;
    [ya] no (manden|envien|mande|envie) [mas] <mensajes> [<mas>] <here>;
    [ya] no (quiero|deseo|quisiera) (que me contacten|ser contactado|ser contactada) [<mas>] <here>;
    (solicito|pido) no recibir [mas] <mensajes> [<mas>] <here>;
    no recibir [mas] <mensajes> [<mas>] <here>;
    [me] (pueden|podrian|puede|podria|puedes|podrias) (sacar|quitar|borrar|eliminar) <lista>;
    ~ (baja|quitar|quitarme) <lista>;
    ~ (desuscribirse|desuscribime|desuscribanme|desuscribeme);
    (retiro|revoco) mi consentimiento;
    [yo] no (acepto|acepto mas) [recibir] [mas] <mensajes> [<mas>] <here>;
"""
_PORTUGUESE: Final = """
    [eu] [ja] nao (quero|desejo|queria|gostaria de|queremos|tenho interesse em|tenho mais interesse em)
        [mais|continuar] (receber|recebendo|a receber) [mais] [essas|estas|suas|nenhuma|esse tipo de|este tipo de]
        <mensagens> [mais] <aqui> [<mais>];
    ~ [eu] nao (quero|desejo|queria) mais receber <aqui>;
    ~ [eu] nao (quero|desejo|queria) receber (nada|mais|mais nada|mais nada de voces|nada de voces) <aqui>;
    [eu] nao (quero|desejo|queremos) [mais] [suas|essas|estas|nenhuma] <sms> [mais] <aqui>;
    nao (quero|desejo) mais (contato|contatos|ser contatado|ser contatada|ser incomodado|ser incomodada) <aqui>;
    [por favor] nao me (mande|mandem|manda|envie|enviem|envia) [mais] [essas|suas] <mensagens> [<mais>] <aqui>;
    ~ nao me (mande|mandem|manda|envie|enviem|envia) mais [nada];
    ~ nao (mande|mandem|manda|envie|enviem|enviar|mandar) mais;
    [eu] nao (quero|desejo) [mais] receber [mais] nada [mais] (de voces|dessa empresa|desta empresa);
    nao me <escreva> <mais> <aqui>;
    ~ nao me <escreva> <aqui>;
    nao (entre|entrem) (mais em contato [comigo]|em contato [comigo] <mais>) <aqui>;
    ~ nao (entre|entrem) em contato [comigo] <aqui>;
    nao quero que me (mandem|enviem|mande|envie) [mais] <mensagens> [<mais>] <aqui>;
    nao quero que (me contatem|me perturbem|entrem em contato) [<mais>] <aqui>;
    nao (enviar|mandar|envie|enviem|mande|mandem|manda) [mais] <mensagens> [<mais>] <aqui>;
    ~ nao (perturbe|perturbem|incomode|incomodem|perturbar|incomodar) [<mais>];
    [voces|voce] [pode|podem|poderia|poderiam] (pare|parem|para|parar) de [me]
        (mandar|enviar|mandarem|enviarem) [mais|essas|tantas|tanta] <mensagens> [<mais>]
        <aqui>;
    (pare|parem) com (as|essas|estas) <mensagens>;
    [voces|voce] [pode|podem|poderia|poderiam] (pare|parem|para|parar) de me
        (escrever|contatar) [<mais>] <aqui>;
    ~ [voces|voce] [pode|podem|poderia|poderiam] (pare|parem|para|parar) de me
        (perturbar|incomodar|importunar|encher o saco) [<mais>] <aqui>;
    ~ (pare|parem|para) de encher [o saco];
    ~ [quero|desejo|gostaria de] parar de receber [essas|estas|suas] [<mensagens>] <aqui>;
    (chega de|basta de|sem mais|stop) <mensagens>;
    ~ (pare|parem|stop) ja;
    ~ [eu] (quero|queria|gostaria de|desejo|preciso) (sair <listap>|(me descadastrar|descadastrar) [<listap>]);
    ~ (descadastre me|me descadastre|me descadastrem|me descadastra|(descadastre|descadastrem|descadastrar) (meu
        numero|este numero|esse numero)) [<listap>];
    sair <listap>;
    me (remover|tirar|retirar|excluir) <listap>;
    (quero|gostaria) que (removam|retirem|excluam|apaguem|tirem) [o] (meu numero|meu contato|meu telefone|este
        numero|esse numero) [<listap>];
    me (tire|tirem|tira|remova|removam|remove|retire|retirem|exclua|excluam|exclui) <listap>;
    ~ me (remova|removam|exclua|excluam);
    (tire|tirem|tira|remova|removam|remover|retire|retirem|retirar|tirar|exclua|excluam|excluir|apague|apaguem|
        apagar) [o] (meu
        numero|meu contato|meu telefone|este numero|esse numero) [<listap>];
    ~ [quero|desejo|gostaria de] (cancelar o recebimento|cancelar recebimento) [de <mensagens>|das <mensagens>];
    ~ [quero|queria|desejo|gostaria de] me desinscrever [<listap>];
    ~ (desinscrever|desinscreva me|me desinscreva);
    ~ (quero|desejo) ser (removido|removida|excluido|excluida|descadastrado|descadastrada) [<listap>];
    nao autorizo (<mensagens>|mais <mensagens>|o envio de <mensagens>|que me mandem <mensagens>|receber <mensagens>);
    ~ (como faco para|como faco pra|como) (sair <listap>|(me descadastrar|parar de receber [essas|estas|suas]
        <mensagens>|nao receber [mais] <mensagens>) [<listap>]);
    ~ me (deixe|deixem|deixa) em paz;
    (remova|remover|tire|retire|exclua) me <listap>;
    ~ [eu] [ja] nao (quero|desejo) receber mais nada [<aqui>];
    nao (mande|mandem|envie|enviem) [mais] <mensagens> (para|pra) (este|esse|meu|o meu) (numero|celular);
    (gostaria de|quero|desejo) nao receber [mais] <mensagens> [<mais>] <aqui>;
    ~ gostaria de ser (removido|removida|excluido|excluida|descadastrado|descadastrada) [<listap>];
    ~ nao (quero|desejo|gostaria de) [mais] ser (incomodado|incomodada|contatado|contatada|perturbado|perturbada) [<mais>];
    nao receber [mais] <mensagens> [<mais>] <aqui>;
    (remover|retirar|tirar) <listap>;
    (retire|retirem|remova|removam|tire|tirem) [o] meu nome <listap>;
    ~ [quero|solicito|peco] [o] descadastro [<listap>];
    (retiro|revogo) [o] meu consentimento;
    nunca mais me (mande|mandem|envie|enviem) [nenhuma|essas] <mensagens>;
"""
_COMPLAINTS: Final = """
    [i] (get|am getting|im getting|receive|keep getting) (too many|so many|these|your|all these) <messages> [<yours>]
        [every day|all the time];
    too many <messages>;
    [i] (am|im) (no longer interested|not interested [anymore|any more]);
    (who gave you|where did you get|how did you get) my number;
    i [have] (already asked|already asked you|already told you|told you|asked you) [before|many times|several times|twice];
    i (never|did not|didnt) (signed up|sign up|subscribed|subscribe|gave you my number|agreed to this) [for this|to this];
    (me llegan|recibo|me mandan|me envian|mandan) (muchos|demasiados|tantos|todos los dias) <mensajes> [<here>]
        [todos los dias];
    ya no me interesa;
    no me interesan [sus|los|las] <mensajes>;
    ya (lo|se lo|les|los) (pedi|dije|solicite) [antes|varias veces|muchas veces|mil veces];
    (quien les dio|de donde sacaron|como consiguieron|como obtuvieron) mi numero;
    (nunca|yo nunca|no) (me suscribi|les di mi numero|autorice esto|pedi esto);
    [ya] no soy cliente [de ustedes|suyo];
    (recebo|estou recebendo|mandam|chegam) (muitas|tantas|demais|essas) <mensagens> [todo dia|todos os dias];
    (ja nao tenho|nao tenho mais) interesse;
    (quem passou|quem deu|como conseguiram|onde conseguiram) [o] meu numero;
    (nunca|eu nunca|nao) (me cadastrei|autorizei [isso]|dei meu numero|pedi isso);
    ja (pedi|falei|solicitei) [antes|varias vezes|mil vezes];
    nao sou [mais] cliente [de voces];
"""


def _split(block: str) -> tuple[str, ...]:
    return tuple(row for text in block.split(";") if (row := " ".join(text.split())))


ROWS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"en": _split(_ENGLISH), "es": _split(_SPANISH), "pt": _split(_PORTUGUESE)}
)
COMPLAINTS: Final = _split(_COMPLAINTS)
"""Sentences that refuse nothing, as NEUTRAL, in the notation of ROWS."""

COURTESY: Final = (
    "hi", "hello", "hey", "please", "pls", "plz", "thanks", "thank you", "thank u", "thx", "ty", "ok", "okay", "sorry",
    "kindly", "good morning", "good afternoon", "good evening", "regards", "cheers",
    "hola", "buenas", "buenos dias", "buen dia", "buenas tardes", "buenas noches", "gracias", "muchas gracias",
    "mil gracias", "desde ya", "por favor", "porfavor", "porfa",
    "favor de", "favor", "disculpe", "disculpen", "disculpa", "perdon",
    "saludos", "estimados", "buenas gracias",
    "oi", "ola", "bom dia", "boa tarde", "boa noite", "obrigado", "obrigada", "muito obrigado", "muito obrigada", "obg",
    "pfv", "por gentileza", "desculpe", "desculpa", "grato", "grata",
)  # fmt: skip
NEUTRAL: Final = (
    "no", "no thanks", "no thank you", "not interested", "im not interested", "i am not interested", "wrong number",
    "enough", "this is spam", "spam", "who is this", "who are you",
    "no gracias", "no me interesa", "no estoy interesado", "no estoy interesada", "numero equivocado", "esta equivocado",
    "numero incorrecto", "basta", "ya basta", "esto es spam", "no los conozco", "no se quienes son",
    "nao", "nao obrigado", "nao obrigada", "nao tenho interesse", "nao me interessa", "numero errado", "chega", "ja chega",
    "isso e spam", "nao conheco voces", "nao conheco voce", "this is harassment", "i already told you",
    "i never signed up for this",
    "i didnt sign up for this", "i did not sign up for this", "ya les dije",
    "you have the wrong number", "se equivocaron de numero", "se equivoco de numero", "esta persona fallecio",
    "essa pessoa faleceu", "this person passed away", "ja falei", "ja pedi",
)  # fmt: skip
"""Sentences that refuse nothing, and that leave a refusal beside them what it is."""

_MARK: Final = "~ "
_PARTS = re.compile(r"<(?P<list>\w+)>|[\[\]()|]|[^\s\[\]()|<>]+")
_AT_THE_ENDS = re.compile(rf"^(?:(?:{'|'.join(COURTESY)}) )+|(?: (?:{'|'.join(COURTESY)}))+$")


def without_courtesy(words: str) -> str:
    """words: normalised, in lower case.

    >>> without_courtesy("hola por favor no me escriban mas muchas gracias"), without_courtesy("gracias")
    ('no me escriban mas', '')
    """
    return "" if words in COURTESY else _AT_THE_ENDS.sub("", _AT_THE_ENDS.sub("", f"{words}")).strip()


def language_of_phrase(words: str) -> str | None:
    """The language of a row that is this whole sentence; None if there is none. words: normalised, in lower case."""
    return next((language for language, rows in _rows().items() if rows.fullmatch(f"{words} ")), None)


def is_certain(words: str) -> bool:
    """Whether a row that is this whole sentence refuses, whatever else the message says. words: as `language_of_phrase`.

    >>> is_certain("quiero darme de baja de la lista"), is_certain("quiero darme de baja"), is_certain("no me escriban mas")
    (True, False, True)
    """
    if _certain_rows().fullmatch(f"{words} "):
        return True
    return language_of_phrase(words) is not None and _objects().search(f"{words} ") is not None


def is_neutral(words: str) -> bool:
    """Whether a sentence leaves a refusal beside it what it is. words: as `language_of_phrase`."""
    return words in NEUTRAL or _complaints().fullmatch(f"{words} ") is not None


@lru_cache(1)
def _rows() -> Mapping[str, re.Pattern[str]]:
    return {language: _any_of(row.removeprefix(_MARK) for row in rows) for language, rows in ROWS.items()}


@lru_cache(1)
def _certain_rows() -> re.Pattern[str]:
    return _any_of(row for rows in ROWS.values() for row in rows if not row.startswith(_MARK))


@lru_cache(1)
def _complaints() -> re.Pattern[str]:
    return _any_of(COMPLAINTS)


@lru_cache(1)
def _objects() -> re.Pattern[str]:
    """No verbs: `do not text me` names nothing that is to stop."""
    return re.compile(rf"\b(?:{'|'.join(_pattern(LISTS[name]) for name in OBJECTS)})(?!me )")


def _any_of(rows: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(_pattern, rows)))


def _pattern(row: str) -> str:
    """A row as a regular expression, in which each word has a blank behind it."""
    return "".join(_pieces(row))


def _pieces(row: str) -> Iterator[str]:
    closes = {"(": ")", "[": ")?"}
    open_brackets: list[str] = []
    for part in _PARTS.finditer(row):
        text = part[0]
        if part["list"]:
            yield f"(?:{_pattern(LISTS[part['list']])})"
        elif text in closes:
            open_brackets.append(closes[text])
            yield "(?:"
        elif text in "])":
            yield open_brackets.pop()
        elif text == "|":
            yield "|"
        else:
            yield f"{text} "
