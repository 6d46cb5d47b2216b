"""What a visitor reads before the microphone opens, in every language offered. Knows nothing of Gradio.

Each statement must be true of this page: see ``texts.CAUTION`` and the privacy part of About.
"""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Consent:
    """One language. ``points``: (what it is about, what is said about it); ``direction`` is HTML's ``dir``."""

    name: str
    language: str  # the word for "language", which labels the switch
    title: str
    points: tuple[tuple[str, str], ...]
    note: str
    accept: str
    refuse: str
    direction: str = "ltr"


LANGUAGES = {
    "en": Consent(
        "English",
        "Language",
        "Before the microphone opens",
        (
            (
                "What is computed",
                "Level, spectrogram and speech features of your clip, and from them what the models of this page "
                "answer, on the computer that serves it.",
            ),
            (
                "Nothing is kept",
                "The file is deleted after about an hour; sound and features stay in memory for your visit only. "
                "Nothing is passed on, and nobody else's model learns from it.",
            ),
            (
                "Voluntary, your own voice only",
                "You can try the examples instead, and stop at any time. Do not record anyone else.",
            ),
            (
                "Acted speech",
                "The models learnt from actors' short sentences. They say how a voice sounds to them, not what a "
                "person feels.",
            ),
            ("Not for judging people", "Never use an answer to assess students, staff or patients."),
        ),
        "Your browser may ask once more.",
        "Open the microphone",
        "Not now",
    ),
    "de": Consent(
        "Deutsch",
        "Sprache",
        "Bevor sich das Mikrofon öffnet",
        (
            (
                "Was berechnet wird",
                "Pegel, Spektrogramm und Sprachmerkmale Ihrer Aufnahme und daraus die Antworten der Modelle dieser "
                "Seite, auf dem Rechner, der die Seite bereitstellt.",
            ),
            (
                "Nichts wird aufbewahrt",
                "Die Datei wird nach etwa einer Stunde gelöscht; Ton und Merkmale bleiben nur für Ihren Besuch im "
                "Arbeitsspeicher. Nichts wird weitergegeben, und kein Modell anderer lernt daraus.",
            ),
            (
                "Freiwillig, nur die eigene Stimme",
                "Sie können stattdessen die Beispiele nehmen und jederzeit aufhören. Nehmen Sie niemand anderen auf.",
            ),
            (
                "Gespielte Sprache",
                "Die Modelle haben von kurzen, von Schauspielern gesprochenen Sätzen gelernt. Sie sagen, wie eine "
                "Stimme für sie klingt, nicht, was ein Mensch fühlt.",
            ),
            (
                "Nicht, um Menschen zu beurteilen",
                "Nutzen Sie keine Antwort, um Lernende, Beschäftigte oder Patienten zu bewerten.",
            ),
        ),
        "Ihr Browser fragt vielleicht noch einmal.",
        "Mikrofon öffnen",
        "Nicht jetzt",
    ),
    "it": Consent(
        "Italiano",
        "Lingua",
        "Prima di aprire il microfono",
        (
            (
                "Che cosa si calcola",
                "Livello, spettrogramma e caratteristiche vocali della tua registrazione e, da questi, le risposte dei "
                "modelli di questa pagina, sul computer che la ospita.",
            ),
            (
                "Niente viene conservato",
                "Il file viene cancellato dopo circa un'ora; suono e caratteristiche restano in memoria solo durante "
                "la tua visita. Niente viene trasmesso ad altri e nessun modello altrui ne impara.",
            ),
            (
                "Volontario, solo la tua voce",
                "Puoi provare invece gli esempi e smettere in qualsiasi momento. Non registrare altre persone.",
            ),
            (
                "Parlato recitato",
                "I modelli hanno imparato da brevi frasi dette da attori. Dicono come suona loro una voce, non che "
                "cosa prova una persona.",
            ),
            (
                "Non per giudicare le persone",
                "Non usare mai una risposta per valutare studenti, personale o pazienti.",
            ),
        ),
        "Il browser potrebbe chiedere un'altra conferma.",
        "Apri il microfono",
        "Non ora",
    ),
    "ur": Consent(
        "اردو",
        "زبان",
        "مائیکروفون کھولنے سے پہلے",
        (
            (
                "کیا حساب کیا جاتا ہے",
                "آپ کی ریکارڈنگ میں آواز کی سطح، اسپیکٹروگرام اور صوتی خصوصیات، اور ان سے اس صفحے کے ماڈلوں کے جوابات؛ "
                "یہ سب اسی کمپیوٹر پر ہوتا ہے جو یہ صفحہ فراہم کرتا ہے۔",
            ),
            (
                "کچھ محفوظ نہیں رکھا جاتا",
                "فائل تقریباً ایک گھنٹے بعد مٹا دی جاتی ہے؛ آواز اور خصوصیات صرف آپ کی موجودگی کے دوران میموری میں "
                "رہتی ہیں۔ کچھ بھی کسی اور کو نہیں دیا جاتا، اور کسی دوسرے کا ماڈل اس سے نہیں سیکھتا۔",
            ),
            (
                "رضاکارانہ، صرف اپنی آواز",
                "آپ اس کے بجائے مثالیں آزما سکتے ہیں اور کسی بھی وقت رک سکتے ہیں۔ کسی اور کی آواز ریکارڈ نہ کریں۔",
            ),
            (
                "اداکاروں کی گفتگو",
                "ماڈلوں نے اداکاروں کے بولے ہوئے مختصر جملوں سے سیکھا ہے۔ وہ بتاتے ہیں کہ آواز انہیں کیسی لگتی ہے، "
                "یہ نہیں کہ کوئی انسان کیا محسوس کرتا ہے۔",
            ),
            (
                "لوگوں کو پرکھنے کے لیے نہیں",
                "کسی جواب کو طلبہ، عملے یا مریضوں کو جانچنے کے لیے ہرگز استعمال نہ کریں۔",
            ),
        ),
        "ہو سکتا ہے آپ کا براؤزر ایک بار پھر پوچھے۔",
        "مائیکروفون کھولیں",
        "ابھی نہیں",
        "rtl",
    ),
    "fr": Consent(
        "Français",
        "Langue",
        "Avant d'ouvrir le microphone",
        (
            (
                "Ce qui est calculé",
                "Le niveau, le spectrogramme et des caractéristiques vocales de votre enregistrement, puis les "
                "réponses des modèles de cette page, sur l'ordinateur qui l'héberge.",
            ),
            (
                "Rien n'est conservé",
                "Le fichier est supprimé au bout d'une heure environ ; le son et les caractéristiques ne restent en "
                "mémoire que pendant votre visite. Rien n'est transmis, et aucun modèle d'autrui n'en apprend.",
            ),
            (
                "Volontaire, votre propre voix seulement",
                "Vous pouvez essayer les exemples à la place et arrêter à tout moment. N'enregistrez personne d'autre.",
            ),
            (
                "Parole jouée",
                "Les modèles ont appris de courtes phrases dites par des acteurs. Ils disent comment une voix sonne "
                "pour eux, pas ce qu'une personne ressent.",
            ),
            (
                "Pas pour juger les gens",
                "N'utilisez jamais une réponse pour évaluer des élèves, du personnel ou des patients.",
            ),
        ),
        "Votre navigateur demandera peut-être encore une fois.",
        "Ouvrir le microphone",
        "Pas maintenant",
    ),
    "es": Consent(
        "Español",
        "Idioma",
        "Antes de abrir el micrófono",
        (
            (
                "Qué se calcula",
                "El nivel, el espectrograma y características de voz de su grabación y, a partir de ellos, las "
                "respuestas de los modelos de esta página, en el ordenador que la aloja.",
            ),
            (
                "No se guarda nada",
                "El archivo se borra al cabo de una hora, más o menos; el sonido y las características solo quedan en "
                "memoria durante su visita. No se transmite nada, y ningún modelo ajeno aprende de ello.",
            ),
            (
                "Voluntario, solo su propia voz",
                "Puede probar los ejemplos en su lugar y dejarlo en cualquier momento. No grabe a nadie más.",
            ),
            (
                "Habla actuada",
                "Los modelos aprendieron de frases breves dichas por actores. Dicen cómo les suena una voz, no lo que "
                "siente una persona.",
            ),
            (
                "No para juzgar a las personas",
                "No use nunca una respuesta para evaluar a estudiantes, personal o pacientes.",
            ),
        ),
        "Es posible que el navegador pregunte una vez más.",
        "Abrir el micrófono",
        "Ahora no",
    ),
    "zh": Consent(
        "中文",
        "语言",
        "打开麦克风之前",
        (
            (
                "计算什么",
                "计算您录音的音量、频谱图和语音特征，并由此得出本页各模型的回答；计算在提供本页面的计算机上进行。",
            ),
            (
                "不保留任何内容",
                "文件约一小时后删除；声音和特征只在您本次访问期间留在内存中。不会传给任何人，也不会用来训练他人的模型。",
            ),
            ("自愿，且仅限本人的声音", "您可以改用示例，也可随时停止。请勿录制他人的声音。"),
            (
                "表演的语音",
                "模型是从演员说的短句中学习的。它们说的是声音在它们听来如何，而不是一个人有什么感受。",
            ),
            ("不得用于评判他人", "切勿用模型的回答来评估学生、员工或患者。"),
        ),
        "浏览器可能会再询问一次。",
        "打开麦克风",
        "暂不",
    ),
}


def as_json() -> dict:
    """All languages as plain values, by their code; the first one is for visitors whose language is not offered."""
    return {code: asdict(one) for code, one in LANGUAGES.items()}
