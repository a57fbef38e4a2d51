"""LiteLLM and llama-index against `pmtune serve`: whole and streamed answers, errors.

pip install litellm llama-index-llms-openai-like
pmtune serve                                    # in another terminal
python3 tests/peers/serve_frameworks.py http://127.0.0.1:7689/v1
"""

import os
import sys

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # nothing is asked of the network

import litellm
from llama_index.core.llms import ChatMessage
from llama_index.llms.openai_like import OpenAILike
import openai

QUESTION = "Write one sentence about a delayed release."
ASK = [{"role": "user", "content": QUESTION}]


def with_litellm(base, model):
    common = dict(model=f"openai/{model}", api_base=base, api_key="any", max_tokens=24, temperature=0, num_retries=0)
    whole = litellm.completion(messages=ASK, **common)
    text = whole.choices[0].message.content
    assert whole.choices[0].finish_reason in ("stop", "length")
    assert whole.usage.total_tokens == whole.usage.prompt_tokens + whole.usage.completion_tokens

    pieces = list(litellm.completion(messages=ASK, stream=True, stream_options={"include_usage": True}, **common))
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces if piece.choices) == text
    assert pieces[-1].usage.completion_tokens == whole.usage.completion_tokens

    try:
        litellm.completion(messages=[{"role": "user", "content": "word " * 200_000}], **common)
    except litellm.ContextWindowExceededError:
        pass
    else:
        raise AssertionError("a prompt that is too long was answered")
    try:
        litellm.completion(messages=ASK, **{**common, "model": "openai/gpt-9"})
    except litellm.NotFoundError:
        pass
    else:
        raise AssertionError("a model that is not there answered")
    return text


def with_llama_index(base, model, text):
    llm = OpenAILike(model=model, api_base=base, api_key="any", is_chat_model=True, max_tokens=24, temperature=0, max_retries=0)
    ask = [ChatMessage(role="user", content=QUESTION)]
    assert llm.chat(ask).message.content == text
    assert list(llm.stream_chat(ask))[-1].message.content == text
    plain = OpenAILike(model=model, api_base=base, api_key="any", is_chat_model=False, max_tokens=5, max_retries=0)
    assert plain.complete("The plan is").text
    try:
        llm.chat([ChatMessage(role="user", content="word " * 200_000)])
    except openai.BadRequestError as error:
        assert error.code == "context_length_exceeded", error
    else:
        raise AssertionError("a prompt that is too long was answered")


def main(base):
    ids = [model.id for model in openai.OpenAI(base_url=base, api_key="any").models.list()]
    text = with_litellm(base, ids[0])
    with_llama_index(base, ids[0], text)
    print(f"LiteLLM and llama-index: all as it should be, with {', '.join(ids)}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:7689/v1")
