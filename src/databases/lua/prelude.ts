/**
 * What a script of Dovecot finds in its world, written in Lua over a handful of functions of ours.
 * Dovecot 2.3.19.1 and 2.4.1 dlua-dovecot.c, db-lua.c; `host_*` are taken away before the script runs.
 */
export const PRELUDE = `
local host = {
  log = host_log, variable = host_variable, expand = host_expand, field = host_field,
  userdb = host_userdb,
  template = host_template, verify = host_verify, emit = host_emit, series = host_series,
}
for _, name in ipairs({'log', 'variable', 'expand', 'field', 'userdb', 'template', 'verify', 'emit', 'series'}) do
  _G['host_' .. name] = nil
end
local raw_error, raw_type, raw_tostring, raw_pcall = error, type, tostring, xpcall
local raw_load, raw_next, raw_math_type = load, next, math.type
local raw_traceback = debug.traceback
-- What lies below the script's own function is ours.
local function traceback(reason)
  local trace = raw_traceback(reason, 2)
  if raw_type(trace) ~= 'string' then return trace end
  local ours = trace:find("\\n\\t[C]: in function 'xpcall'", 1, true)
  return ours and trace:sub(1, ours - 1) or trace
end

local function text(value, index)
  if raw_type(value) ~= 'string' and raw_type(value) ~= 'number' then
    raw_error('bad argument #' .. index .. ' (string expected, got ' .. raw_type(value) .. ')', 3)
  end
  return raw_tostring(value)
end

local function logger(scope, prefix, level, index)
  return function(...)
    local message = select(index, ...)
    host.log(scope, level, prefix .. text(message, index))
    return nil
  end
end

local function new_event()
  local event = {}
  local prefix = ''
  local function chain() return event end
  event.set_name, event.set_always_log_source, event.add_str, event.add_int = chain, chain, chain, chain
  event.add_timeval, event.inc_int, event.passthrough_event, event.replace_log_prefix = chain, chain, chain, chain
  event.append_log_prefix = function(self, more) prefix = prefix .. text(more, 2) return event end
  for _, level in ipairs({'debug', 'info', 'warning', 'error'}) do
    event['log_' .. level] = function(self, message)
      host.log('passdb', level, prefix .. text(message, 2))
      return event
    end
  end
  return event
end

local unsupported = function(name)
  return setmetatable({}, { __index = function(_, key)
    raw_error('dovecot.' .. name .. '.' .. raw_tostring(key) .. ' is not available in dvproxy', 2)
  end })
end

dovecot = {
  auth = {
    PASSDB_RESULT_INTERNAL_FAILURE = -1, PASSDB_RESULT_SCHEME_NOT_AVAILABLE = -2,
    PASSDB_RESULT_USER_UNKNOWN = -3, PASSDB_RESULT_USER_DISABLED = -4, PASSDB_RESULT_PASS_EXPIRED = -5,
    PASSDB_RESULT_NEXT = -6, PASSDB_RESULT_PASSWORD_MISMATCH = 0, PASSDB_RESULT_OK = 1,
    USERDB_RESULT_INTERNAL_FAILURE = -1, USERDB_RESULT_USER_UNKNOWN = -2, USERDB_RESULT_OK = 1,
  },
  i_debug = logger('process', '', 'debug', 1),
  i_info = logger('process', '', 'info', 1),
  i_warning = logger('process', '', 'warning', 1),
  i_error = logger('process', '', 'error', 1),
  event = new_event,
  has_flag = function(value, flag) return (value & flag) == flag end,
  set_flag = function(value, flag) return value | flag end,
  clear_flag = function(value, flag) return value & ~flag end,
  restrict_global_variables = function(on)
    if not on then setmetatable(_G, {}) return end
    setmetatable(_G, {
      __index = function(_, name) raw_error('attempt to write to read undeclared global variable ' .. raw_tostring(name), 2) end,
      __newindex = function(t, name, value)
        if raw_type(value) == 'function' then rawset(t, name, value)
        else raw_error('attempt to write to undeclared global variable ' .. raw_tostring(name), 2) end
      end,
    })
  end,
  http = unsupported('http'),
}
if host.series == '2.4' then
  dovecot.dict, dovecot.doveadm, dovecot.dns = unsupported('dict'), unsupported('doveadm'), unsupported('dns')
  dovecot.gettimeofday = function() local now = os.time() return now, 0 end
  dovecot.nanoseconds = function() return os.time() * 1000000000 end
  dovecot.microseconds = function() return os.time() * 1000000 end
  local to, from = { ['\\0'] = '\\1' .. '0', ['\\1'] = '\\1' .. '1', ['\\t'] = '\\1t', ['\\r'] = '\\1r', ['\\n'] = '\\1n' }, {}
  for byte, escaped in pairs(to) do from[escaped] = byte end
  dovecot.tabescape = function(value) return (text(value, 1):gsub('[%z\\1\\t\\r\\n]', to)) end
  dovecot.tabunescape = function(value) return (text(value, 1):gsub('\\1.', from)) end
  dovecot.split_tabescaped = function(value)
    local parts = {}
    for part in (text(value, 1) .. '\\t'):gmatch('([^\\t]*)\\t') do parts[#parts + 1] = dovecot.tabunescape(part) end
    return parts
  end
  dovecot.net_ip_family = function(value)
    if value:find(':', 1, true) then return 10 end
    if value:match('^%d+%.%d+%.%d+%.%d+$') then return 2 end
    return 0
  end
end

local function expand(template)
  local value = host.expand(text(template, 2))
  if value:sub(1, 1) == 'E' then raw_error('var_expand(' .. template .. ') failed: ' .. value:sub(2), 3) end
  return value:sub(2)
end

local methods = {
  var_expand = function(_, template) local value = expand(template) return value end,
  log_debug = logger('passdb', 'db-lua: ', 'debug', 2),
  log_info = logger('passdb', 'db-lua: ', 'info', 2),
  log_warning = logger('passdb', 'db-lua: ', 'warning', 2),
  log_error = logger('passdb', 'db-lua: ', 'error', 2),
  password_verify = function(_, stored, plain)
    local answer = host.verify(text(stored, 2), text(plain, 3)):await()
    local verdict = tonumber(answer:sub(1, answer:find(' ', 1, true) - 1))
    local reason = answer:sub(answer:find(' ', 1, true) + 1)
    if reason == '' then reason = nil end
    return verdict + 0.0, reason
  end,
  event = function() return new_event() end,
}
if host.series == '2.3' then
  methods.response_from_template = function(_, template)
    local response = {}
    for pair in text(template, 2):gmatch('[^ ]+') do
      local key, value = pair:match('^([^=]*)=(.*)$')
      if key then response[key] = expand(value) end
    end
    return response
  end
end

local function new_request(flags)
  local request = {
    passdb = setmetatable({}, { __index = function(_, key) return host.field(text(key, 2)) end }),
    userdb = setmetatable({}, { __index = function(_, key) return host.userdb(text(key, 2)) end }),
    skip_password_check = flags == 'authenticated',
    passdbs_seen_user_unknown = false,
    passdbs_seen_internal_failure = false,
    userdbs_seen_internal_failure = false,
  }
  return setmetatable(request, { __index = function(t, key)
    local value = host.variable(text(key, 2))
    if value ~= nil then return value end
    return methods[key]
  end })
end

local function show(value)
  local kind = raw_type(value)
  if kind == 'boolean' then return value and 'yes' or 'no' end
  if kind == 'number' then
    if raw_math_type(value) == 'integer' then return raw_tostring(value) end
    if value == math.floor(value) then return raw_tostring(math.tointeger(value)) end
    return '0'
  end
  return raw_tostring(value)
end

local run = {}

function run.load(source, name)
  local chunk, failure = raw_load(source, '@' .. name)
  if not chunk then host.emit('failed', failure) return end
  local ok, reason = raw_pcall(chunk, function(e) return e end)
  if not ok then host.emit('failed', raw_tostring(reason)) end
end

function run.has(name)
  host.emit('type', raw_type(rawget(_G, name)))
end

function run.init(settings)
  local fn = rawget(_G, 'script_init')
  if raw_type(fn) ~= 'function' then return end
  local arguments, key = {}, nil
  for part in settings:gmatch('([^\\0]*)\\0') do
    if key then arguments[key] = part key = nil else key = part end
  end
  local ok, value
  if host.series == '2.3' then ok, value = raw_pcall(fn, traceback) else ok, value = raw_pcall(fn, traceback, arguments) end
  local counts = host.series == '2.3' and '0, 1' or '1, 0'
  if not ok then host.emit('failed', 'lua_pcall(script_init, ' .. counts .. ') failed: ' .. raw_tostring(value)) return end
  if host.series == '2.4' then return end
  if raw_math_type(value) ~= 'integer' then host.emit('failed', 'script_init() returned non-number')
  elseif value ~= 0 then host.emit('failed', 'Script init failed') end
end

function run.value(name)
  local ok, value = raw_pcall(rawget(_G, name), traceback)
  if ok then host.emit(raw_type(value), show(value))
  else host.emit('failed', 'lua_pcall(' .. name .. ', 0, 1) failed: ' .. raw_tostring(value)) end
end

function run.list(name)
  local fn = rawget(_G, name)
  if raw_type(fn) ~= 'function' then host.emit('none') return end
  local ok, value = raw_pcall(fn, traceback)
  if not ok then
    host.emit('failed', name .. ' failed: lua_pcall(' .. name .. ', 0, 1) failed: ' .. raw_tostring(value))
    return
  end
  if raw_type(value) ~= 'table' then host.emit('failed', 'Cannot iterate, return value is not table') return end
  for _, each in raw_next, value do
    if raw_type(each) ~= 'string' and raw_type(each) ~= 'number' then host.emit('failed', 'Value is not string') return end
    host.emit('item', raw_tostring(each))
  end
end

function run.call(name, flags, password)
  local fn = rawget(_G, name)
  if raw_type(fn) ~= 'function' then host.emit('failed', "'" .. name .. "' is not a function") return end
  local count = password and 2 or 1
  local ok, result, value = raw_pcall(fn, traceback, new_request(flags), password)
  if not ok then
    host.emit('failed', 'lua_pcall(' .. name .. ', ' .. count .. ', 2) failed: ' .. raw_tostring(result))
    return
  end
  host.emit('result', raw_type(result), tonumber(result) and show(tonumber(result)) or '')
  if raw_type(value) == 'table' then
    host.emit('value', 'table', '')
    for key, each in raw_next, value do host.emit('field', raw_tostring(key), raw_type(each), show(each)) end
  else host.emit('value', raw_type(value), value == nil and '' or show(value)) end
end

return run
`;
