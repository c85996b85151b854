"""A client of HTTP/2 that is written frame by frame (RFC 9113): tests may send what no library would."""

import socket
import time

import h2.exceptions  # noqa: F401  (hyperframe and hpack come with it)
from hpack import Decoder, Encoder
from hyperframe import frame as frames

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
ENABLE_CONNECT_PROTOCOL = 8
NO_ERROR, PROTOCOL_ERROR, FLOW_CONTROL_ERROR, ENHANCE_YOUR_CALM = 0, 1, 3, 11


class Gone(Exception):
    """The connection ended; `code` is what GOAWAY said, None if there was none."""

    def __init__(self, code):
        super().__init__(f"the connection ended with {code}")
        self.code = code


class Answer:
    def __init__(self):
        self.headers = []
        self.interim = []
        self.trailers = []
        self.body = b""
        self.size = 0
        self.ended = False
        self.reset = None
        #: When each DATA frame came.
        self.arrivals = []

    @property
    def status(self):
        return int(dict(self.headers)[":status"])

    def header(self, name):
        return dict(self.headers).get(name)


class Http2:
    """One connection. `window`: of each stream, for what the server sends; `reads`: whether it is refilled."""

    def __init__(self, port, context, host="127.0.0.1", window=1 << 20, reads=True, before=b"", source=None):
        plain = socket.create_connection((host, port), timeout=60, source_address=source and (source, 0))
        plain.sendall(before)
        self.socket = context.wrap_socket(plain, server_hostname="localhost")
        assert self.socket.selected_alpn_protocol() == "h2"
        self.authority = f"{host}:{port}"
        self.encoder, self.decoder = Encoder(), Decoder()
        self.decoder.max_header_list_size = 1 << 20
        self.reads = reads
        self.inbound = b""
        self.answers = {}
        self.settings = {}
        self.pings = 0
        self.goaway = None
        self.next_stream = 1
        self.window = 65_535
        self.stream_windows = {}
        self.initial_window = 65_535
        settings = frames.SettingsFrame(0, settings={4: window})
        self.send(PREFACE + settings.serialize() + frames.WindowUpdateFrame(0, window_increment=1 << 24).serialize())
        self.read_until(lambda: self.settings)

    # Sending

    def send(self, data):
        self.socket.sendall(data)

    def frame(self, frame):
        self.send(frame.serialize())

    def headers(self, fields, ends=True, stream=None, encode=None):
        """Sends a block of headers as it is. Returns the stream."""
        stream = stream or self.take_stream()
        flags = ["END_HEADERS"] + (["END_STREAM"] if ends else [])
        block = (encode or self.encoder.encode)(fields)
        self.frame(frames.HeadersFrame(stream, block, flags=flags))
        return stream

    def take_stream(self):
        stream, self.next_stream = self.next_stream, self.next_stream + 2
        self.answers[stream] = Answer()
        self.stream_windows[stream] = self.initial_window
        return stream

    def fields(self, method, path, headers=()):
        return [
            (":method", method), (":scheme", "https"), (":authority", self.authority), (":path", path), *headers,
        ]

    def open(self, method, path, headers=(), ends=True):
        return self.headers(self.fields(method, path, headers), ends)

    def data(self, stream, data, ends=False):
        """Sends a body, waiting for the window where it has to."""
        while data:
            room = min(self.window, self.stream_windows[stream], 16_384)
            if room <= 0:
                self.read_frame()
                if self.answers[stream].reset is not None:
                    return
                continue
            piece, data = data[:room], data[room:]
            self.window -= len(piece)
            self.stream_windows[stream] -= len(piece)
            flags = ["END_STREAM"] if ends and not data else []
            self.frame(frames.DataFrame(stream, piece, flags=flags))

    def request(self, method, path, headers=(), body=None):
        stream = self.open(method, path, headers, ends=body is None)
        if body is not None:
            self.data(stream, body, ends=True)
        return self.finish(stream)

    # Receiving

    def finish(self, stream):
        answer = self.answers[stream]
        self.read_until(lambda: answer.ended or answer.reset is not None)
        return answer

    def read_until(self, condition):
        while not condition():
            self.read_frame()

    def until_gone(self):
        """Reads until the server closes; returns the code of its GOAWAY."""
        try:
            while True:
                self.read_frame()
        except Gone as gone:
            return gone.code

    def read_frame(self):
        while True:
            if len(self.inbound) >= 9:
                frame, length = frames.Frame.parse_frame_header(memoryview(self.inbound[:9]))
                if len(self.inbound) >= 9 + length:
                    frame.parse_body(memoryview(self.inbound[9:9 + length]))
                    self.inbound = self.inbound[9 + length:]
                    return self.take(frame)
            try:
                piece = self.socket.recv(1 << 18)
            except (ConnectionError, OSError) as error:
                if isinstance(error, TimeoutError):
                    raise
                piece = b""
            if not piece:
                raise Gone(self.goaway)
            self.inbound += piece

    def take(self, frame):
        answer = self.answers.get(frame.stream_id)
        match frame:
            case frames.SettingsFrame() if "ACK" not in frame.flags:
                self.settings.update(frame.settings or {0: 0})
                change = frame.settings.get(4, self.initial_window) - self.initial_window
                self.initial_window += change
                self.stream_windows = {key: value + change for key, value in self.stream_windows.items()}
                self.frame(frames.SettingsFrame(0, flags=["ACK"]))
            case frames.PingFrame():
                self.pings += 1
                if "ACK" not in frame.flags:
                    self.frame(frames.PingFrame(0, frame.opaque_data, flags=["ACK"]))
            case frames.WindowUpdateFrame():
                if frame.stream_id:
                    self.stream_windows[frame.stream_id] += frame.window_increment
                else:
                    self.window += frame.window_increment
            case frames.GoAwayFrame():
                self.goaway = frame.error_code
            case frames.RstStreamFrame():
                answer.reset = frame.error_code
            case frames.HeadersFrame():
                assert "END_HEADERS" in frame.flags
                fields = [(name, value) for name, value in self.decoder.decode(frame.data)]
                if answer.headers:
                    answer.trailers = fields
                elif dict(fields)[":status"].startswith("1"):
                    answer.interim.append(fields)
                else:
                    answer.headers = fields
                answer.ended = "END_STREAM" in frame.flags
            case frames.DataFrame():
                answer.arrivals.append(time.monotonic())
                answer.size += len(frame.data)
                if answer.size <= 1 << 24:
                    answer.body += frame.data
                answer.ended = "END_STREAM" in frame.flags
                if self.reads and frame.flow_controlled_length:
                    increment = frame.flow_controlled_length
                    update = frames.WindowUpdateFrame(0, window_increment=increment).serialize()
                    if not answer.ended:
                        update += frames.WindowUpdateFrame(frame.stream_id, window_increment=increment).serialize()
                    self.send(update)
        return frame

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
