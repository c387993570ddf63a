"""Files that come with what somebody tells us."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from tingda.collect.actions.attachments import LARGEST
from tingda.collect.actions.receiving import MOST_FILES, Files
from tingda.web.desk.case_forms import FilesField

MOST_BYTES = MOST_FILES * LARGEST + 2**20  # of a whole form


class AttachmentsField(FilesField):
    """At most five files; what they are is looked at when they are kept."""

    def __init__(self, help_text: Any) -> None:
        super().__init__()
        self.label, self.help_text = _("附件（可多选，最多 5 个）"), help_text
        self.widget.attrs |= {
            "data-largest": LARGEST,
            "data-too-large": _("有文件超过 20 MB，请换一个小的"),
        }

    def clean(self, data: Any, initial: Any = None) -> "list[UploadedFile[Any]]":
        """Refused as a whole where there are too many."""
        chosen = super().clean(data, initial)
        if len(chosen) > MOST_FILES:
            text = _("一次最多附 %(most)s 个文件，您选了 %(n)s 个。")
            raise forms.ValidationError(text, params={"most": MOST_FILES, "n": len(chosen)})
        return chosen


def contents(uploaded: "Sequence[UploadedFile[Any]]") -> Files:
    """Name and content of each."""
    return [(file.name or "", file.chunks()) for file in uploaded]


def too_large(request: HttpRequest) -> bool:
    """Whether a form says that it brings more than it may; asked before anything of it is read."""
    declared = request.headers.get("Content-Length", "")
    return declared.isdecimal() and int(declared) > MOST_BYTES
