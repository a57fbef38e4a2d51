"""The official client against `pmtune serve`: lists, whole and streamed answers, errors, hanging up.

pip install openai
pmtune serve                                    # in another terminal
python3 tests/peers/serve_openai.py http://127.0.0.1:7689/v1
"""

import sys

import openai

ASK = [{"role": "user", "content": "Write one sentence about a delayed release."}]


def main(base):
    client = openai.OpenAI(base_url=base, api_key="any", max_retries=0)
    ids = [model.id for model in client.models.list()]
    assert "base" in ids, ids
    model = ids[0]
    assert client.models.retrieve(model).id == model

    whole = client.chat.completions.create(model=model, messages=ASK, max_tokens=24, temperature=0)
    text = whole.choices[0].message.content
    assert whole.object == "chat.completion" and whole.choices[0].message.role == "assistant"
    assert whole.usage.total_tokens == whole.usage.prompt_tokens + whole.usage.completion_tokens
    assert whole.choices[0].finish_reason in ("stop", "length")

    options = {"include_usage": True}
    stream = client.chat.completions.create(
        model=model, messages=ASK, max_tokens=24, temperature=0, stream=True, stream_options=options
    )
    pieces = list(stream)
    assert pieces[0].choices[0].delta.role == "assistant" and pieces[0].choices[0].delta.content == ""
    assert "".join(piece.choices[0].delta.content or "" for piece in pieces if piece.choices) == text
    assert pieces[-1].choices == [] and pieces[-1].usage == whole.usage
    assert pieces[-2].choices[0].finish_reason == whole.choices[0].finish_reason
    assert all(piece.usage is None for piece in pieces[:-1])

    # The helper that puts a stream together by itself.
    with client.chat.completions.stream(model=model, messages=ASK, max_tokens=24, temperature=0) as events:
        assert events.get_final_completion().choices[0].message.content == text

    parts = [{"role": "developer", "content": "Be brief."}, {"role": "user", "content": [{"type": "text", "text": "Hi"}]}]
    raw = client.chat.completions.with_raw_response.create(model=model, messages=parts, max_completion_tokens=5)
    assert raw.headers["x-pmtune-system"] == "request" and raw.parse().usage.completion_tokens <= 5

    plain = client.completions.create(model=model, prompt="The plan is", max_tokens=5)
    assert plain.object == "text_completion" and plain.choices[0].text is not None

    for wanted, code, ask in [
        (openai.NotFoundError, "model_not_found", dict(model="gpt-9", messages=ASK)),
        (openai.BadRequestError, "unsupported", dict(model=model, messages=ASK, n=2)),
        (openai.BadRequestError, "invalid_value", dict(model=model, messages=ASK, response_format={"type": "json_object", "schema": {"not": {}}})),
        (openai.BadRequestError, "context_length_exceeded",
         dict(model=model, messages=[{"role": "user", "content": "word " * 200_000}], stream=True)),
    ]:
        try:
            client.chat.completions.create(**ask)
        except wanted as error:
            assert error.code == code, error
        else:
            raise AssertionError(f"{code} was expected")

    # Leave in the middle; the next question is answered as before.
    for _ in range(5):
        stream = client.chat.completions.create(model=model, messages=ASK, max_tokens=2000, stream=True)
        next(iter(stream))
        stream.close()
    again = client.chat.completions.create(model=model, messages=ASK, max_tokens=24, temperature=0)
    assert again.choices[0].message.content == text
    print(f"openai {openai.__version__}: all as it should be, with {', '.join(ids)}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:7689/v1")
