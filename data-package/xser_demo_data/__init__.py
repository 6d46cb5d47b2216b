"""Files only; ``xser_demo/utils/places.py`` of xser-demo finds them. NOTICE has their terms."""
