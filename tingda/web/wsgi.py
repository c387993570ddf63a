"""What the web server calls."""

import gc
import os
from importlib import import_module

from django.core.wsgi import get_wsgi_application

from tingda.lib.orphans import die_with_parent

die_with_parent()  # the server starts this in a process of its own
gc.disable()  # what is loaded now stays for good
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tingda.settings")
application = get_wsgi_application()
import_module("tingda.urls")  # all pages, before the first person comes
gc.freeze()
gc.enable()
