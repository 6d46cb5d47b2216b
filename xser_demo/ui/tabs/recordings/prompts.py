"""Sentences to read aloud: everyday, and neutral in meaning, so that only the voice carries the mood. Our own words."""

from dataclasses import dataclass

MOODS = ("neutral", "anger", "sadness", "happiness")  # to try, in this order: eight clips hold each one twice


@dataclass(frozen=True)
class Prompts:
    """One language. ``direction`` is HTML's ``dir``."""

    name: str
    sentences: tuple[str, ...]
    direction: str = "ltr"


LANGUAGES = {
    "en": Prompts(
        "English",
        (
            "The bus stops in front of the library.",
            "There are three more spoons in the drawer.",
            "We meet at half past six outside the station.",
            "The parcel is with the neighbours downstairs.",
            "On Thursday the course begins an hour later.",
            "The green folder is on the top shelf.",
        ),
    ),
    "de": Prompts(
        "Deutsch",
        (
            "Der Bus hält gegenüber der Bücherei.",
            "In der Schublade liegen noch drei Löffel.",
            "Wir treffen uns um halb sieben vor dem Bahnhof.",
            "Das Paket ist bei den Nachbarn im Erdgeschoss.",
            "Am Donnerstag beginnt der Kurs eine Stunde später.",
            "Die grüne Mappe steht im obersten Regal.",
        ),
    ),
    "it": Prompts(
        "Italiano",
        (
            "L'autobus si ferma davanti alla biblioteca.",
            "Nel cassetto ci sono ancora tre cucchiai.",
            "Ci vediamo alle sei e mezza davanti alla stazione.",
            "Il pacco è dai vicini al piano di sotto.",
            "Giovedì il corso comincia un'ora più tardi.",
            "La cartella verde è sullo scaffale in alto.",
        ),
    ),
    "fr": Prompts(
        "Français",
        (
            "Le bus s'arrête devant la bibliothèque.",
            "Il y a encore trois cuillères dans le tiroir.",
            "On se retrouve à six heures et demie devant la gare.",
            "Le colis est chez les voisins du dessous.",
            "Jeudi, le cours commence une heure plus tard.",
            "Le dossier vert est sur l'étagère du haut.",
        ),
    ),
    "es": Prompts(
        "Español",
        (
            "El autobús para delante de la biblioteca.",
            "En el cajón hay tres cucharas más.",
            "Nos vemos a las seis y media en la estación.",
            "El paquete está en casa de los vecinos de abajo.",
            "El jueves la clase empieza una hora más tarde.",
            "La carpeta verde está en el estante de arriba.",
        ),
    ),
    "ur": Prompts(
        "اردو",
        (
            "بس لائبریری کے سامنے رکتی ہے۔",
            "دراز میں تین اور چمچے رکھے ہیں۔",
            "ہم ساڑھے چھ بجے اسٹیشن کے باہر ملیں گے۔",
            "پارسل نیچے والے پڑوسیوں کے پاس ہے۔",
            "جمعرات کو کلاس ایک گھنٹہ دیر سے شروع ہوگی۔",
            "ہری فائل سب سے اوپر والے خانے میں ہے۔",
        ),
        "rtl",
    ),
    "zh": Prompts(
        "中文",
        (
            "公交车停在图书馆门口。",
            "抽屉里还有三把勺子。",
            "我们六点半在车站外面见面。",
            "包裹在楼下邻居那里。",
            "星期四的课晚一个小时开始。",
            "绿色的文件夹放在最上面一层。",
        ),
    ),
}


def prompt(language: str, number: int) -> tuple[str, str]:
    """What to say next, counted from 0: (sentence, mood). Moods take turns, and within 24 clips every sentence comes
    in every mood once, so that neither hides in the other."""
    sentences = LANGUAGES[language].sentences
    return sentences[(number + number // 12) % len(sentences)], MOODS[number % len(MOODS)]
