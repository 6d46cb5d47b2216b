"""The pages of a class, plain HTML and small scripts, served beside the Gradio page: ``/class`` for the lecturer and
the projector, ``/join`` for phones. ``service`` holds the classes, ``routes`` the addresses, ``access`` the switches.
"""
