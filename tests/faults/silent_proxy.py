"""Stands between a server and PostgreSQL on a Unix socket; the listener's connections fall silent, without closing, for as long as a
file exists. For silent_link.sh.

    silent_proxy.py DIRECTORY TARGET-SOCKET SILENCE-FILE
"""
import asyncio
import os
import sys

directory, target, silence = sys.argv[1:]


async def pass_on(reader, writer, is_listener):
    try:
        while data := await reader.read(65536):
            while is_listener and os.path.exists(silence):
                await asyncio.sleep(0.02)
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    writer.close()


async def serve(reader, writer):
    head = await reader.readexactly(4)
    startup = head + await reader.readexactly(int.from_bytes(head, "big") - 4)
    is_listener = b"stockroomd listener" in startup
    from_server, to_server = await asyncio.open_unix_connection(target)
    while is_listener and os.path.exists(silence):
        await asyncio.sleep(0.02)
    to_server.write(startup)
    await asyncio.gather(pass_on(reader, to_server, is_listener), pass_on(from_server, writer, is_listener))


async def main():
    server = await asyncio.start_unix_server(serve, os.path.join(directory, ".s.PGSQL.5432"))
    os.chmod(os.path.join(directory, ".s.PGSQL.5432"), 0o777)
    print("ready", flush=True)
    await server.serve_forever()


asyncio.run(main())
