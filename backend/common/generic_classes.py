"""Once this is imported, generic classes of Django take their type at run time too: ``ModelAdmin[User]``.

It loads much of Django, so that only the modules that need it ask for it.
"""

import django_stubs_ext

django_stubs_ext.monkeypatch()
