-- Sends the requests of a file, each under a key of its own: wrk … URL -- FILE KEYS any|once START
local head, lines, keys, once, at

function init(args)
  lines = {}
  for line in io.lines(args[1]) do lines[#lines + 1] = line end
  local token = table.remove(lines, 1)
  head = " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " .. token
    .. "\r\nContent-Type: application/json\r\nIdempotency-Key: "
  keys, once, at = args[2], args[3] == "once", tonumber(args[4])
  for number, line in ipairs(lines) do
    local path, body = line:match("^(.-)\t(.*)$")
    lines[number] = body == "" and { "GET " .. path .. head, "\r\n\r\n" }
      or { "POST " .. path .. head, "\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body }
  end
  math.randomseed(os.time() + at)
end

function request()
  at = at + 1
  -- Past the end of a list whose lines go once, the first goes again, and is refused: that is seen.
  local line = lines[once and (at - 1) % #lines + 1 or math.random(#lines)]
  return line[1] .. keys .. string.format("%08d", at) .. line[2]
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    '{"answered": %d, "seconds": %.6f, "failed": %d, "p50_ms": %.3f, "p99_ms": %.3f}\n',
    summary.requests, summary.duration / 1e6, e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
