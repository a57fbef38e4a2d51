"""Chat templates rendered by `transformers`.

    python3 tests/oracle/templates.py > tests/oracle/templates.json
"""

import json
import sys

from transformers.utils.chat_template_utils import render_jinja_template


def render(template, messages, add_generation_prompt, **special):
    rendered, _ = render_jinja_template([messages], chat_template=template, add_generation_prompt=add_generation_prompt, **special)
    return rendered[0]
