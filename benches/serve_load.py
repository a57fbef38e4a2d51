"""Many requests at once against `pmtune serve`, some of whose senders hang up or read slowly. Python's standard library only.

pmtune serve --queue 64                         # in another terminal
python3 benches/serve_load.py PORT PID [requests=10000] [at once=50]

Says how many were answered, and the server's memory before, during and after. Exits with 1 at any fault: a refusal other
than 429, an answer that is not whole, or one that differs from what the same question was answered alone.
"""

import asyncio
import json
import random
import sys
import time
from collections import Counter

QUESTIONS = ["When?", "Who owns it?", "What is late?", "Name the risk.", "Why now?", "What comes next?"]


def memory_mib(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmRSS"))


async def send(port, body):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    data = json.dumps(body).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nContent-Length: {len(data)}\r\n\r\n"
    writer.write(head.encode() + data)
    await writer.drain()
    return reader, writer


async def read(reader, pause):
    chunks = []
    while chunk := await reader.read(256 if pause else 65536):
        chunks.append(chunk)
        if pause:
            await asyncio.sleep(pause)
    head, _, rest = b"".join(chunks).partition(b"\r\n\r\n")
    if b"chunked" in head:
        out, at = b"", rest
        while at:
            size, _, at = at.partition(b"\r\n")
            if not int(size, 16):
                break
            out, at = out + at[: int(size, 16)], at[int(size, 16) + 2 :]
        rest = out
    return int(head.split()[1]), rest.decode()


def text_of(stream, body):
    if not stream:
        return json.loads(body)["choices"][0]["message"]["content"]
    events = [event[6:] for event in body.split("\n\n") if event.startswith("data: ")]
    assert events[-1] == "[DONE]", body[-300:]
    pieces = [json.loads(event)["choices"] for event in events[:-1]]
    return "".join(choices[0]["delta"].get("content") or "" for choices in pieces if choices)


def ask(model, question, stream=False):
    return {"model": model, "messages": [{"role": "user", "content": question}], "temperature": 0, "stream": stream}


async def one(port, models, alone, seen):
    model, question, stream = random.choice(models), random.choice(QUESTIONS), random.random() < 0.6
    manner = random.choices(["whole", "slow", "leaves", "leaves at once"], [70, 5, 15, 10])[0]
    try:
        reader, writer = await send(port, ask(model, question, stream))
        if manner == "leaves":
            await asyncio.sleep(random.random() * 0.05)
            await reader.read(random.randrange(1, 400)) if stream and random.random() < 0.5 else None
        if manner.startswith("leaves"):
            writer.transport.abort()
            seen[manner] += 1
            return
        status, body = await read(reader, 0.02 if manner == "slow" else 0)
        writer.close()
        if status != 200:
            seen[f"status {status}"] += 1
        elif text_of(stream, body) != alone[model, question]:
            seen["another answer"] += 1
        else:
            seen[manner] += 1
    except Exception as error:
        seen[f"fault: {type(error).__name__} {error}"] += 1


async def main(port, pid, requests=10_000, at_once=50):
    random.seed(7)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /v1/models HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
    models = [card["id"] for card in json.loads((await read(reader, 0))[1])["data"]]
    alone = {}
    for model in models:
        for question in QUESTIONS:
            reader, _ = await send(port, ask(model, question))
            alone[model, question] = text_of(False, (await read(reader, 0))[1])
    before, memory, seen, begun = memory_mib(pid), [], Counter(), time.time()
    left = iter(range(requests))

    async def client():
        for number in left:
            await one(port, models, alone, seen)
            if number % (requests // 10 or 1) == 0:
                memory.append(memory_mib(pid))

    await asyncio.gather(*(client() for _ in range(at_once)))
    seconds = time.time() - begun
    print(f"{sum(seen.values())} requests, {at_once} at once, {seconds:.0f} s ({requests / seconds:.0f} a second)")
    print(", ".join(f"{count} {manner}" for manner, count in seen.most_common()))
    print(f"memory in MiB: {before} before; {', '.join(map(str, memory))} on the way; {memory_mib(pid)} after")
    fine = {"whole", "slow", "leaves", "leaves at once", "status 429"}
    sys.exit(any(manner not in fine for manner in seen))


if __name__ == "__main__":
    asyncio.run(main(*map(int, sys.argv[1:])))
