"""Asks ptl-cert thousands of questions through one process: python3 ask_many.py PTL-CERT ENVIRONMENT FILE...

Standard library only. The questions and answers are described in docs/json.md.
"""
import json
import subprocess
import sys


class PtlCert:
    def __init__(self, program, *options):
        self.process = subprocess.Popen(
            [program, "serve", "--stdio", *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")

    def ask(self, **question):
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise RuntimeError(f"{answer['error']['code']}: {answer['error']['message']}")
        return answer["result"]

    def close(self):
        self.process.stdin.close()
        return self.process.wait(timeout=10)


if __name__ == "__main__":
    program, environment, *files = sys.argv[1:]
    client = PtlCert(program)
    for number, name in enumerate(files):
        with open(name, encoding="utf-8") as file:
            result = client.ask(ask="verify", id=number, certificates=file.read(), environment=environment)
        for verdict in result["verdicts"]:
            print(name, verdict["decision"], verdict.get("code", "-"))
    sys.exit(client.close())
