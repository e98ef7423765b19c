"""What the servers have in common that stand in for the hub."""

import http.server


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers with a body, and says nothing of it."""

    def answer(self, status, body, headers=()):
        self.send_response(status)
        for key, value in {"Content-Type": "application/json", "Content-Length": len(body), **dict(headers)}.items():
            self.send_header(key, str(value))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *args):
        pass
