"""What a file that is handed out is called."""

import pytest

from workers.web.files import attachment


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "etcpasswd"),
        ('a"; filename="b.exe', "a; filename=b.exe"),
        ("a\r\nSet-Cookie: b", "aSet-Cookie b"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("\ud800.pdf", "pdf"),
        ("...", "file"),
        ("x" * 500 + ".pdf", "x" * 146 + ".pdf"),
    ],
)
def test_a_file_is_called_what_no_disk_minds(name, plain):
    assert attachment(name) == f'attachment; filename="{plain}"'
