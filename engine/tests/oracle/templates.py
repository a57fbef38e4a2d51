"""Chat templates rendered by `transformers`.

    cd tests/oracle && python3 templates.py > templates.json

The sources are ours: they write the formats of the named model lines with the constructs real templates use.
"""

import json
import sys

from transformers.utils.chat_template_utils import render_jinja_template

TEMPLATES = {
    "chatml": """{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system
You are a test.<|im_end|>
' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}""",
    "phi3": """{{ bos_token }}{% for message in messages %}{% if (message['role'] == 'user') %}{{'<|user|>' + '\n' + message['content'] + '<|end|>' + '\n' + '<|assistant|>' + '\n'}}{% elif (message['role'] == 'assistant') %}{{message['content'] + '<|end|>' + '\n'}}{% elif (message['role'] == 'system') %}{{'<|system|>' + '\n' + message['content'] + '<|end|>' + '\n'}}{% endif %}{% endfor %}""",
    "llama3": """{%- set loop_messages = messages %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set loop_messages = messages[1:] %}
{%- else %}
    {%- set system_message = "" %}
{%- endif %}
{{- bos_token }}
{%- if system_message %}
    {{- "<|start_header_id|>system<|end_header_id|>\\n\\n" + system_message + "<|eot_id|>" }}
{%- endif %}
{%- for message in loop_messages %}
    {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}
        {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n' + message['content'] | trim + '<|eot_id|>' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}
{%- endif %}
""",
    "qwen2": """{%- if tools %}
    {{- 'never' }}
{%- else %}
    {%- if messages[0]['role'] == 'system' %}
        {{- '<|im_start|>system\\n' + messages[0]['content'] + '<|im_end|>\\n' }}
    {%- endif %}
{%- endif %}
{%- for message in messages %}
    {%- if (message.role == "user") or (message.role == "system" and not loop.first) or (message.role == "assistant" and not message.tool_calls) %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}
""",
    "generation": """{% for message in messages %}
{% if message.role == 'assistant' %}
A:{% generation %}{{ message.content }}{{ eos_token }}{% endgeneration %}

  {%- generation -%}  x  {%- endgeneration -%}
{% else %}
    {{ message.role | upper }}: {{ message.content }}
{% endif %}
{% endfor %}
""",
    "python": """{% set ns = namespace(seen=false, count=0) %}
{% for message in messages %}
    {% if message.content.startswith('skip') %}{% continue %}{% endif %}
    {% if loop.index > 4 %}{% break %}{% endif %}
    {% set ns.count = ns.count + 1 %}
    {% if message.role == 'system' %}{% set ns.seen = true %}{% endif %}
{{ message.content.strip().split('\\n')[-1].replace('a', 'b').rstrip('!').title() }} {{ message['content'] is string }} {{ none }}
{% endfor %}
{{ ns.count }} {{ ns.seen }} {{ messages | length }} {{ messages | tojson }} {{ messages[0] | tojson(indent=2) }}
{{ {'a': [1, 2.5, true, none, "é<>&'\\""], 'b': {}, 'c': []} | tojson }} {{ {'c': [], 'd': [{}]} | tojson(indent=4) }}
{% macro shout(text) %}{{ text | upper }}!{% endmacro %}
{{ shout('done') }} {{ 'x' ~ 1 ~ true }} {{ messages[-1]['role'] }} {{ ('a', 'b') | join('-') }} {{ range(3) | list }}
{{ messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | first | default('', true) }}
{% if undefined_thing is not defined and not undefined_thing %}no{% endif %} {{ "%s-%d" | format("a", 3) }} {{ 7 // 2 }} {{ 7 % 3 }}
""",
}

CONVERSATIONS = [
    [("user", "Hi")],
    [("system", " Be brief. "), ("user", "What is churn?\n"), ("assistant", "  People leaving!  "), ("user", "skip <b>\"it's\"</b> & más")],
    [("user", "a\nb"), ("assistant", ""), ("user", "漢字 🚀\t{{ x }} {% if %}"), ("assistant", "yes!!"), ("user", "last")],
]


def render(template, messages, add_generation_prompt, **special):
    rendered, _ = render_jinja_template([messages], chat_template=template, add_generation_prompt=add_generation_prompt, **special)
    return rendered[0]


if __name__ == "__main__":
    cases = []
    for name, source in TEMPLATES.items():
        for conversation in CONVERSATIONS:
            messages = [{"role": role, "content": content} for role, content in conversation]
            for prompt in (True, False):
                text = render(source, messages, prompt, bos_token="<s>", eos_token="</s>")
                cases.append({"template": name, "messages": messages, "prompt": prompt, "text": text})
    json.dump({"templates": TEMPLATES, "cases": cases}, sys.stdout, ensure_ascii=False, indent=1)
