"""Writes the documents that `tests/data_import.rs` imports, with programs that are not ours.

python3 -m venv /tmp/documents && /tmp/documents/bin/pip install python-docx==1.2.0 openpyxl==3.1.5
/tmp/documents/bin/python make.py

