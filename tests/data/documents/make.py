"""Writes the documents that `tests/data_import.rs` imports, with programs that are not ours.

pip install python-docx==1.2.0 openpyxl==3.1.5
python3 make.py

