-- Queries whose answers once differed, made small. They come first in every run.
SELECT xor(true, true) AS c2
SELECT toString(xor(true, true)) AS c1
SELECT CAST('a', 'FixedString(3)') AS c1
SELECT toString(arrayZip([5], [5]).1) AS c1
SELECT if(1, [0], arrayZip([], []).1) AS c3
SELECT arrayProduct(emptyArrayInt64()) AS c1
SELECT true OR JSONExtractBool('', 'a') AS c2
SELECT true AND JSONExtractBool('', 'a') AS c3
SELECT JSONExtractBool('', 'a') AND true AS c1
SELECT toDateTime(0) = toDate32('1950-06-01') AS c2
SELECT toLastDayOfMonth(toDate32('1950-06-01')) AS c1
SELECT CAST((['lo'], [0]), 'Map(String, Int64)') AS c1
SELECT cityHash64(1, CAST('', 'FixedString(3)')) AS c1
SELECT mapKeys(mapUpdate(map('a', 1, 'b', 2), map('a', 1))) AS c1
SELECT CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)') AS c3
SELECT toInt64(greatest(toDateTime(0), toDate32('1950-06-01'))) AS c3
SELECT toDateTime64(toTimeZone(toDateTime(0), 'Asia/Tokyo'), 3) AS c3
SELECT toInt8(CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)')) AS c2
SELECT [toStartOfWeek(toDate('1970-01-01'), 3), toDate('2025-01-15')] AS c1
SELECT CAST('a', 'FixedString(3)') AS c1 FROM (SELECT 1 AS one FROM numbers(1)) AS src
SELECT 0 <=> data.fees.pct.:Int64 AS c1 FROM documents AS src WHERE collection = 'payments'
SELECT toFixedString('ab', 3) AS c1 FROM (SELECT 1 AS one FROM numbers(3)) AS src GROUP BY ALL
SELECT DISTINCT CAST('', 'FixedString(3)') AS c2 FROM (SELECT 1 AS one FROM numbers(1)) AS src
SELECT mapFromArrays(['red', 'q'], [toQuarter(toLastDayOfWeek(toDate32('1950-06-01'))), 0]) AS c1
SELECT (2, '') AS c1 FROM (SELECT 1 AS one FROM numbers(3)) AS src WHERE 0 GROUP BY c1 WITH ROLLUP
SELECT arrayZip([5], [5]).1 AS c3 FROM (SELECT number AS n FROM numbers(1)) AS src ORDER BY n DESC
SELECT 3 AS c1, 0 AS c4, any('lo') AS c5 FROM (SELECT 1 AS one FROM numbers(1)) AS src GROUP BY ALL
SELECT xor(true, true) AS c3 FROM (SELECT 1 AS one FROM numbers(1)) AS src LEFT ARRAY JOIN [1, NULL] AS a1
SELECT DISTINCT xor(true, true) AS c1 FROM documents AS src WHERE collection = 'incidents' AND NOT deleted
SELECT [''] = arrayZip([''], ['']).2 AS c2 FROM (SELECT number AS n FROM numbers(1)) AS src ORDER BY n DESC
SELECT 0 AS c1, xor(true, true) AS c2 FROM documents AS src WHERE collection = 'agent_events' GROUP BY 1, 2
SELECT ['a', NULL] AS c1 FROM (SELECT 1 AS one FROM numbers(7)) AS src WHERE CAST('a', 'Nullable(Int32)') < 0
SELECT toStartOfWeek(toDate('1970-01-01'), 0) AS c1 FROM (SELECT 1 AS one FROM numbers(3)) AS src GROUP BY c1
SELECT JSONExtractBool('', 'a') OR true AS c3 FROM (SELECT number AS n FROM numbers(1)) AS src ORDER BY n DESC
SELECT true AS c1, sum(0.5) / count() AS c4 FROM (SELECT 1 AS one FROM numbers(1)) AS src GROUP BY 1 WITH CUBE
SELECT toDateTime(0) AS c1 FROM (SELECT number AS n FROM numbers(3)) AS src ORDER BY n LIMIT 1, 2 BY c1 LIMIT 5
SELECT arrayFilter(x3 -> toDateTime(0) = date_trunc('year', toDateTime64(toDate('1970-01-01'), 1)), ['']) AS c3
SELECT id AS k0 FROM documents AS src WHERE collection = 'incidents' AND NOT deleted ORDER BY true ASC, id DESC
SELECT true OR nullIf(true, true) AS c1 FROM documents AS src WHERE collection = 'invoices' GROUP BY c1 ORDER BY c1
SELECT toStartOfISOYear(toDate('1970-01-01')) AS c1 FROM (SELECT number AS n FROM numbers(3)) AS src ORDER BY n DESC
SELECT toDecimal64OrZero(data.notes.:String, 4) AS c2 FROM documents AS src WHERE collection = 'invoices' ORDER BY id
SELECT subtractMonths(toDate('1970-01-01'), 1) AS c4 FROM (SELECT number AS n FROM numbers(3)) AS src ORDER BY n DESC
SELECT date_trunc('week', toDate('1970-01-01')) AS c2 FROM (SELECT number AS n FROM numbers(7)) AS src ORDER BY n DESC
SELECT '' = -7::String AS c3 FROM (SELECT 1 AS one FROM numbers(1)) AS src LEFT ARRAY JOIN [toDate('2025-01-15')] AS a1
SELECT n AS k0, minus(toDate('2025-01-15'), toDate('2025-01-15')) AS c1 FROM (SELECT number AS n FROM numbers(1)) AS src
SELECT arrayMap(x1 -> 0.5, arrayZip([], []).1) AS c3 FROM documents AS src WHERE collection = 'github_events' ORDER BY id
SELECT arrayFilter(x3 -> isNull(arrayZip(arrayZip([], []).1, [])[1]::Tuple(Int64, String)), [toDate('2025-01-15')]) AS c2
SELECT '' <=> data.billing.contact.email.:String AS c2 FROM documents AS src WHERE collection = 'invoices' AND NOT deleted
SELECT toDecimal64(3, 1) AS c1, sum(0.5) / count() AS c2 FROM (SELECT 1 AS one FROM numbers(7)) AS src GROUP BY c1 WITH CUBE
SELECT mapKeys(CAST((['x'], [0]), 'Map(String, Int64)'))[1] AS c3 FROM (SELECT number AS n FROM numbers(7)) AS src ORDER BY n
SELECT max(date_trunc('week', toDate('1970-01-01'))) OVER (ORDER BY n) AS c1 FROM (SELECT number AS n FROM numbers(7)) AS src
SELECT toDecimal64(3, 1) AS c1 FROM documents AS src WHERE collection = 'customers' AND deleted = false GROUP BY 1 WITH TOTALS
SELECT toDateTimeOrNull(data.opened_at.:String) AS c2 FROM documents AS src WHERE collection = 'incidents' AND deleted = false
SELECT greatest(toDateTime(0), toDate32('1950-06-01')) AS c3 FROM (SELECT 1 AS one FROM numbers(7)) AS src ARRAY JOIN [] AS a1
SELECT toMonday(toDateTime(0)) AS c3 FROM (SELECT 1 AS one FROM numbers(7)) AS src LEFT ARRAY JOIN [toDate('2025-01-15')] AS a1
SELECT nth_value(CAST('a', 'Nullable(Int32)'), 1) OVER (ORDER BY n DESC) AS c2 FROM (SELECT number AS n FROM numbers(1)) AS src
SELECT first_value(toMonday(toDate('1970-01-01'))) OVER (ORDER BY n DESC) AS c1 FROM (SELECT number AS n FROM numbers(7)) AS src
SELECT true AS c1, maxIf(id, 1) AS c2 FROM documents AS src WHERE collection = 'invoices' AND deleted = false AND 0 GROUP BY ALL
SELECT arrayReverseSplit(x1 -> 1, arrayZip([], []).1) AS c1 FROM documents AS src WHERE collection = 'incidents' AND NOT deleted
SELECT (2, '') = tuple(0, data.card.last4.:String) AS c1 FROM documents AS src WHERE collection = 'payments' AND deleted = false
SELECT greatest((2, NULL), (2, '')) AS c2 FROM documents AS src WHERE collection = 'invoices' AND deleted = false ORDER BY id DESC
SELECT avg(0.5) OVER (ORDER BY n RANGE BETWEEN 2 PRECEDING AND 2 PRECEDING) AS c1 FROM (SELECT number AS n FROM numbers(1)) AS src
SELECT true OR JSONExtractBool('', 'a') AS c1 FROM documents AS src WHERE collection = 'github_events' AND NOT deleted ORDER BY id
SELECT [] AS c1, toFixedString('', 3) AS c2, count() AS c3 FROM (SELECT 1 AS one FROM numbers(1)) AS src GROUP BY c1, c2 WITH CUBE
SELECT arrayZip(a1, a1).1 AS c3 FROM documents AS src ARRAY JOIN [[3]] AS a1 WHERE collection = 'github_events' AND deleted = false
SELECT toString(data.payload.content) AS c1 FROM documents AS src WHERE collection = 'agent_events' AND deleted = false GROUP BY c1
SELECT toDateTime(0) AS c1, date_trunc('week', toDate('1970-01-01')) AS c3 FROM (SELECT 1 AS one FROM numbers(1)) AS src GROUP BY c1
SELECT DISTINCT tuple(data.payload.number.:Int64, '') AS c1 FROM documents AS src WHERE collection = 'github_events' AND NOT deleted
SELECT CAST((['b'], [0]), 'Map(String, Int64)') AS c1 FROM documents AS src WHERE collection = 'payments' AND NOT deleted ORDER BY id
SELECT toDecimal64(3, 1) AS c1, xor(true, true) AS c2 FROM documents AS src WHERE collection = 'invoices' AND NOT deleted GROUP BY c1
SELECT DATE '2024-02-29' AS c1 FROM documents AS src WHERE collection = 'agent_events' AND deleted = false AND 0 GROUP BY c1 WITH CUBE
SELECT groupArray('') OVER (ORDER BY n RANGE BETWEEN 2 PRECEDING AND 1 PRECEDING) AS c2 FROM (SELECT number AS n FROM numbers(1)) AS src
WITH cte AS (SELECT [1, NULL] AS c3 FROM documents AS src WHERE collection = 'incidents') SELECT medianExact(0.5) AS c4 FROM cte WHERE 0
SELECT max(1) OVER (ORDER BY n DESC) AS c2 FROM (SELECT number AS n FROM numbers(1)) AS src WHERE toDateTime(0) = toDate32('1950-06-01')
WITH cte AS (SELECT '' AS c1 FROM (SELECT number AS n FROM numbers(7)) AS src ORDER BY n) SELECT medianExact(0.5) AS c3 FROM cte WHERE 0
SELECT arrayMap(x2 -> data.address.zip.:Int64, []) AS c1 FROM documents AS src WHERE collection = 'customers' AND NOT deleted GROUP BY c1
SELECT arrayFill(x2 -> toString(data.card.brand) ILIKE '%\\_%', []) AS c1 FROM documents AS src WHERE collection = 'payments' GROUP BY c1
SELECT toDate('1970-01-01') AS c1, addDays(toDate('1970-01-01'), n) AS c2 FROM (SELECT number AS n FROM numbers(1)) AS src GROUP BY c1, c2
SELECT toStartOfQuarter(toDate32('1950-06-01')) AS c1 FROM documents AS src WHERE collection = 'github_events' AND NOT deleted ORDER BY id
SELECT true OR nb AS c3 FROM (SELECT CAST([true, NULL, false], 'Array(Nullable(Bool))')[(number + 1) % 3 + 1] AS nb FROM numbers(1)) AS src
SELECT toDate('2025-01-15') AS c1 FROM documents AS src WHERE collection = 'incidents' AND deleted = false ORDER BY id DESC LIMIT 1, 2 BY c1
SELECT 1 AS c1, avgDistinct(0) AS c4 FROM documents AS src WHERE collection = 'github_events' AND NOT deleted AND 0 GROUP BY ALL ORDER BY c1
SELECT countEqual(arrayMap(x1 -> id, []), '') AS c1 FROM documents AS src WHERE collection = 'github_events' AND deleted = false GROUP BY c1
SELECT nullIf(true, true) AND true AS c2 FROM documents AS src LEFT ARRAY JOIN [''] AS a1 WHERE collection = 'customers' AND deleted = false
SELECT quantileExact(0.75)(0.5) AS c1 FROM (SELECT 1 AS one FROM numbers(1)) AS t0 CROSS JOIN (SELECT 1 AS one FROM numbers(3)) AS t1 WHERE 0
SELECT medianExact(0.5) AS c1 FROM (SELECT 1 AS one FROM numbers(1)) AS t0 LEFT JOIN (SELECT 1 AS one FROM numbers(3)) AS t1 ON 0 = 0 WHERE 0
SELECT first_value(1) OVER (ORDER BY n DESC RANGE BETWEEN 1 FOLLOWING AND 1 FOLLOWING) AS c1 FROM (SELECT number AS n FROM numbers(7)) AS src
WITH cte AS (SELECT DISTINCT true AS c1 FROM (SELECT 1 AS one FROM numbers(7)) AS src) SELECT quantileExact(0.75)(1.5) AS c3 FROM cte WHERE 0
SELECT DISTINCT greatest(toDateTime(0), toDate32('1950-06-01')) AS c1 FROM documents AS src WHERE collection = 'incidents' AND deleted = false
SELECT true AS c2, arraySort(groupArray(0.5)) AS c3 FROM documents AS src WHERE collection = 'payments' AND deleted = false AND 0 GROUP BY ALL
SELECT arrayMap(x1 -> [x1, x1], []) AS c2 FROM (SELECT '' AS c1 FROM documents AS src WHERE collection = 'customers' AND deleted = false) AS q
SELECT CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)') AS c3 FROM documents AS src WHERE collection = 'github_events' AND deleted = false
SELECT 0.5 AS c1, minIf(0, 1) AS c4 FROM documents AS src WHERE collection = 'github_events' AND deleted = false AND 0 GROUP BY ALL ORDER BY c1
SELECT DISTINCT fs AS c1 FROM (SELECT CAST(['abc', 'a', 'xyz', ''], 'Array(FixedString(3))')[(number + 0) % 4 + 1] AS fs FROM numbers(7)) AS src
SELECT 0.5 AS c1, arraySort(groupArrayDistinct(0)) AS c2 FROM documents AS src WHERE collection = 'incidents' AND NOT deleted AND 0 GROUP BY ALL
WITH cte AS (SELECT [] AS c1 FROM (SELECT number AS n FROM numbers(1)) AS src ORDER BY n DESC LIMIT 2, 4) SELECT medianExact(0.5) AS c3 FROM cte
SELECT 0 AS c1, arrayMap(x1 -> data.amount.:Int64, ['']) AS c2 FROM documents AS src WHERE collection = 'payments' AND NOT deleted GROUP BY c1, c2
SELECT toDecimal64(3, 1) / CAST('a', 'Nullable(Int32)') AS c3 FROM documents AS src WHERE collection = 'github_events' AND NOT deleted ORDER BY id
SELECT [] AS c1, toFixedString('ab', 3) AS c2 FROM documents AS src WHERE collection = 'github_events' AND NOT deleted GROUP BY c1, c2 WITH TOTALS
SELECT toFixedString('ab', 3) AS c1, sumIf(0, arrayZip([5], [5]).1 < []) AS c2 FROM documents AS src WHERE collection = 'github_events' GROUP BY c1
SELECT true AS c1, toFixedString('ab', 3) AS c2, toStartOfWeek(toDateTime(0), 3) AS c3 FROM (SELECT 1 AS one FROM numbers(7)) AS src GROUP BY c1, c2
SELECT (2, '') = tuple(data.address.zip.:Int64, 'a') AS c2 FROM documents AS src WHERE collection = 'customers' AND deleted = false ORDER BY id DESC
SELECT min(CAST('b', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)')) AS c1 FROM documents AS src WHERE collection = 'agent_events' AND NOT deleted AND 0
SELECT 0 AS c1, arraySort(x1 -> data.attempts.:Int64, ['']) AS c2 FROM documents AS src WHERE collection = 'payments' AND NOT deleted GROUP BY c1, c2
SELECT [toDate('2025-01-15'), toDate('1970-01-01') + INTERVAL -3 MONTH] AS c2 FROM documents AS src WHERE collection = 'invoices' AND deleted = false
SELECT '' AS c1, toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0') AS c2 FROM (SELECT 1 AS one FROM numbers(3)) AS src WHERE 0 GROUP BY c1, c2 WITH CUBE
SELECT DISTINCT xf AS c1 FROM (SELECT CAST([nan, inf, 1, -inf, 0, -1, 1e300, 2], 'Array(Float64)')[(number + 1) % 8 + 1] AS xf FROM numbers(3)) AS src
SELECT DISTINCT w AS c1 FROM (SELECT CAST(['red', 'green', 'blue', 'red', 'gold'], 'Array(String)')[(number + 0) % 5 + 1] AS w FROM numbers(3)) AS src
SELECT data.payload.forkee.private.:Bool OR true AS c3 FROM documents AS src ARRAY JOIN [[3]] AS a1 WHERE collection = 'github_events' AND NOT deleted
SELECT arrayFilter(x1 -> isNull(data.impact.users.:Int64), ['']) AS c1 FROM documents AS src WHERE collection = 'incidents' AND NOT deleted GROUP BY c1
SELECT arrayZip([-1, 300], [-1, 300]).1 AS c1 FROM documents AS src WHERE collection = 'incidents' AND NOT deleted ORDER BY id LIMIT 1, 2 BY c1 LIMIT 5
SELECT toDateTime64('2025-01-15 10:20:30.5', 3) AS c1, avgForEach(arrayZip([5], [5]).1) AS c2 FROM (SELECT 1 AS one FROM numbers(7)) AS src GROUP BY c1
SELECT arrayFilter(x1 -> 0 != CAST('', 'Nullable(Int32)'), []) AS c1 FROM documents AS src WHERE collection = 'payments' AND deleted = false ORDER BY id
SELECT max(toStartOfISOYear(toDate('1970-01-01'))) OVER (ORDER BY id) AS c1 FROM documents AS src WHERE collection = 'github_events' AND deleted = false
SELECT arrayFirst(x1 -> 0 <=> data.payment_terms.:Int64, ['']) AS c1 FROM documents AS src WHERE collection = 'invoices' GROUP BY ALL ORDER BY c1 LIMIT 3
SELECT [''] AS c1, '' AS c2 FROM (SELECT 1 AS one FROM numbers(1)) AS src GROUP BY 1, 2 HAVING mapContains(CAST((['a'], [0]), 'Map(String, Int64)'), 'x')
SELECT toDecimal64OrZero((SELECT argMinIf('', i_n, 1) FROM (SELECT number AS i_n FROM numbers(3))), 4) AS c2 FROM (SELECT 1 AS one FROM numbers(1)) AS src
SELECT '' AS c1, '' AS c2, CAST('b', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)') AS c3 FROM documents AS src WHERE collection = 'invoices' GROUP BY c1, c2
SELECT max(date_trunc('week', toDate('1970-01-01'))) OVER (ORDER BY id) AS c1 FROM documents AS src WHERE collection = 'github_events' AND deleted = false
SELECT max(xor(true, nb)) AS c1 FROM (SELECT CAST([true, NULL, false], 'Array(Nullable(Bool))')[(number + 2) % 3 + 1] AS nb FROM numbers(7)) AS src WHERE 0
SELECT mapFilter((k1, v2) -> 0, mapConcat(map('a', 1), map('zz', [][3]))) AS c1 FROM documents AS src WHERE collection = 'github_events' AND deleted = false
SELECT (0, CAST(data.paid_at, 'Nullable(String)')) < (1, 'b') AS c2 FROM documents AS src WHERE collection = 'invoices' AND deleted = false ORDER BY id DESC
SELECT data.payload.args.limit.:Int64 AS c1 FROM documents AS src WHERE collection = 'agent_events' AND NOT deleted ORDER BY id LIMIT 2 OFFSET 1 BY c1 LIMIT 5
SELECT fs AS c1 FROM (SELECT number AS n, CAST(['abc', 'a', 'xyz', ''], 'Array(FixedString(3))')[(number + 2) % 4 + 1] AS fs FROM numbers(3)) AS src ORDER BY n
SELECT max(toDate('2025-01-15')) OVER (ORDER BY n DESC RANGE BETWEEN 3 FOLLOWING AND UNBOUNDED FOLLOWING) AS c2 FROM (SELECT number AS n FROM numbers(1)) AS src
SELECT first_value(toDate('2025-01-15')) OVER (ORDER BY n DESC RANGE BETWEEN 1 FOLLOWING AND 1 FOLLOWING) AS c1 FROM (SELECT number AS n FROM numbers(1)) AS src
SELECT DISTINCT true AS c1, if(1, true, JSONExtractBool('', 'a')) AS c2 FROM documents AS src WHERE collection = 'github_events' AND NOT deleted ORDER BY c1, c2
SELECT [] AS c1, fs AS c2 FROM (SELECT CAST(['abc', 'a', 'xyz', ''], 'Array(FixedString(3))')[(number + 1) % 4 + 1] AS fs FROM numbers(1)) AS src GROUP BY c1, c2
SELECT fs AS c1, '' AS c2 FROM (SELECT CAST(['abc', 'a', 'xyz', ''], 'Array(FixedString(3))')[(number + 2) % 4 + 1] AS fs FROM numbers(3)) AS src GROUP BY c1, c2
SELECT greatest(toDateTime(0), toTimeZone(toDateTime(0), 'America/New_York')) AS c3 FROM documents AS src WHERE collection = 'incidents' ORDER BY id DESC LIMIT 0
SELECT last_value('') OVER (PARTITION BY data.payload.args.limit.:Int64 ORDER BY id) AS c1 FROM documents AS src WHERE collection = 'agent_events' AND NOT deleted
SELECT [''] AS c1, CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)') AS c2 FROM documents AS src WHERE collection = 'github_events' AND NOT deleted GROUP BY c1
SELECT nu <=> 0 AS c4 FROM (SELECT CAST([NULL, 1, 2, 250, NULL], 'Array(Nullable(UInt8))')[(number + 3) % 5 + 1] AS nu FROM numbers(1)) AS src ARRAY JOIN [''] AS a1
SELECT arraySort(x1 -> data.metadata.score.:Int64, [[3]])[3] AS c1 FROM documents AS src WHERE collection = 'customers' AND deleted = false GROUP BY ALL ORDER BY c1
SELECT true AND nb AS c1 FROM (SELECT number AS n, CAST([true, NULL, false], 'Array(Nullable(Bool))')[(number + 0) % 3 + 1] AS nb FROM numbers(3)) AS src ORDER BY n
SELECT nb AND true AS c4 FROM (SELECT number AS n, CAST([true, NULL, false], 'Array(Nullable(Bool))')[(number + 1) % 3 + 1] AS nb FROM numbers(1)) AS src ORDER BY n
SELECT '' AS c1, (data.payload.duration_ms.:Int64, '') AS c2 FROM documents AS src WHERE collection = 'agent_events' AND deleted = false GROUP BY ALL ORDER BY c1, c2
SELECT (2, '') AS c1, CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)') AS c2 FROM documents AS src WHERE collection = 'github_events' AND NOT deleted GROUP BY c1
SELECT toStartOfMinute(toDateTime64(toTimeZone(toDateTime(0), 'America/New_York'), 3)) AS c2 FROM documents AS src WHERE collection = 'agent_events' AND 0 ORDER BY id
SELECT (2, '') AS c1, fs AS c2 FROM (SELECT CAST(['abc', 'a', 'xyz', ''], 'Array(FixedString(3))')[(number + 0) % 4 + 1] AS fs FROM numbers(3)) AS src GROUP BY c1, c2
SELECT nb AND true AS c1, nb AS c2 FROM (SELECT CAST([true, NULL, false], 'Array(Nullable(Bool))')[(number + 3) % 3 + 1] AS nb FROM numbers(7)) AS src GROUP BY c1, c2
SELECT CAST('', 'FixedString(3)') AS c1, toDecimal64(3, 1) AS c2 FROM documents AS src WHERE collection = 'customers' AND deleted = false GROUP BY c1, c2 ORDER BY c1, c2
SELECT if(1, [1, NULL], arrayZip(au, au).1) AS c2 FROM (SELECT CAST([[1, 2], [255, 0, 3], []], 'Array(Array(UInt8))')[(number + 3) % 3 + 1] AS au FROM numbers(1)) AS src
SELECT (2, '') AS c1, min(true AND nullIf(true, true)) AS c2 FROM documents AS src WHERE collection = 'github_events' AND deleted = false GROUP BY c1 ORDER BY c1 LIMIT 3
SELECT '' AS c1, CAST('b', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)') AS c2 FROM documents AS src WHERE collection = 'agent_events' AND NOT deleted GROUP BY c1 ORDER BY c1
WITH cte AS (SELECT map('a', 1) AS c1 FROM documents AS src WHERE collection = 'invoices' AND NOT deleted ORDER BY id) SELECT max(CAST('a', 'FixedString(3)')) AS c3 FROM cte
SELECT min(toDateTime('2025-01-15 10:20:30')) OVER (ORDER BY n DESC RANGE BETWEEN 3 FOLLOWING AND UNBOUNDED FOLLOWING) AS c1 FROM (SELECT number AS n FROM numbers(3)) AS src
SELECT id AS c1, max(0 IS DISTINCT FROM data.payload.forkee.stargazers_count.:Int64) AS c2 FROM documents AS src WHERE collection = 'github_events' AND NOT deleted GROUP BY c1
SELECT '' AS c1, fs AS c2 FROM (SELECT CAST(['abc', 'a', 'xyz', ''], 'Array(FixedString(3))')[(number + 0) % 4 + 1] AS fs FROM numbers(3)) AS src GROUP BY 1, 2 ORDER BY c1, c2
SELECT * FROM (SELECT true AS c1 FROM documents AS src WHERE collection = 'incidents' AND NOT deleted INTERSECT SELECT true AS c1 FROM (SELECT 1 AS one FROM numbers(3)) AS src)
SELECT arrayZip([], []).1 AS c1, CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)') AS c2 FROM documents AS src WHERE collection = 'payments' AND NOT deleted GROUP BY c1, c2
SELECT '' AS c1, max(tupleConcat(tuple(CAST(data.attempts, 'Nullable(Int64)')), tuple(id))) AS c2 FROM documents AS src WHERE collection = 'payments' AND NOT deleted GROUP BY c1
SELECT fs AS c1, toDate('2025-01-15') AS c2 FROM (SELECT CAST(['abc', 'a', 'xyz', ''], 'Array(FixedString(3))')[(number + 3) % 4 + 1] AS fs FROM numbers(1)) AS src GROUP BY c1, c2
SELECT DISTINCT asx AS c1 FROM (SELECT CAST([['a', 'b'], [], ['x', '', 'abc', 'x'], ['red', 'green']], 'Array(Array(String))')[(number + 2) % 4 + 1] AS asx FROM numbers(3)) AS src
SELECT 1 OR true AS c3 FROM (SELECT 1 AS one FROM numbers(7)) AS t0 LEFT ANTI JOIN (SELECT 1 AS one FROM documents WHERE collection = 'incidents' AND deleted = false) AS t1 ON (1)
SELECT toDecimal64OrZero(nstr, 4) AS c1 FROM (SELECT CAST([NULL, 'x', 'y', 'abc', NULL, '', 'Zebra'], 'Array(Nullable(String))')[(number + 0) % 7 + 1] AS nstr FROM numbers(1)) AS src
SELECT CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)') AS c1, count(DISTINCT [], []) AS c4 FROM documents AS src WHERE collection = 'incidents' AND deleted = false GROUP BY ALL
SELECT toDate('2024-02-29') AS c1, toDate('2025-01-15') AS c2, arraySort(groupArray(CAST('a', 'Nullable(Int32)'))) AS c4 FROM (SELECT 1 AS one FROM numbers(1)) AS src GROUP BY c1, c2
SELECT toDecimal64(1, 3) AS c1, arrayStringConcat(arraySort(groupArray('')), ',') AS c2 FROM documents AS src WHERE collection = 'github_events' AND deleted = false AND 0 GROUP BY ALL
SELECT CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)') AS c1, toFixedString('ab', 3) AS c2 FROM documents AS src WHERE collection = 'github_events' AND NOT deleted GROUP BY 1, 2
SELECT toFixedString('', 3) AS c1, CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)') AS c2 FROM documents AS src WHERE collection = 'github_events' AND NOT deleted GROUP BY c1, c2
SELECT toDecimal64(3, 1) AS c1, toLastDayOfWeek(toDate32('1950-06-01')) AS c2 FROM documents AS src WHERE collection = 'payments' AND deleted = false ORDER BY id LIMIT 2 BY c1 LIMIT 5
SELECT toDate('2025-01-15') AS c1, nb OR true AS c2 FROM (SELECT CAST([true, NULL, false], 'Array(Nullable(Bool))')[(number + 3) % 3 + 1] AS nb FROM numbers(1)) AS src GROUP BY c1, c2
SELECT n AS k0 FROM (SELECT number AS n, CAST([nan, inf, 1, -inf, 0, -1, 1e300, 2], 'Array(Float64)')[(number + 2) % 8 + 1] AS xf FROM numbers(7)) AS src ORDER BY xf DESC NULLS FIRST, n
SELECT arrayLast(x1 -> 1, ai) AS c1 FROM (SELECT CAST([[1, 2, 3], [], [5], [-1, 0, 7, 7], [3, 1]], 'Array(Array(Int64))')[(number + 3) % 5 + 1] AS ai FROM numbers(3)) AS src GROUP BY c1
SELECT toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0') AS c1, CAST((['é'], [0]), 'Map(String, Int64)') AS c2 FROM (SELECT 1 AS one FROM numbers(3)) AS src GROUP BY c1 ORDER BY c1 LIMIT 3
SELECT max(arrayProduct(au)) OVER (ORDER BY n) AS c1 FROM (SELECT number AS n, CAST([[1, 2], [255, 0, 3], []], 'Array(Array(UInt8))')[(number + 2) % 3 + 1] AS au FROM numbers(1)) AS src
SELECT DISTINCT CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)') AS c2 FROM (SELECT CAST([true, false, true, true], 'Array(Bool)')[(number + 3) % 4 + 1] AS b FROM numbers(7)) AS src
SELECT 0 AS c1, max(pn) AS c4 FROM (SELECT CAST([(1, 'a'), (NULL, 'b'), (3, '')], 'Array(Tuple(Nullable(Int64), String))')[(number + 3) % 3 + 1] AS pn FROM numbers(3)) AS src GROUP BY c1
SELECT toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0') AS c1, xor(true, true) AS c2 FROM documents AS src WHERE collection = 'customers' AND deleted = false ORDER BY id DESC LIMIT 2 BY c1
SELECT DISTINCT toStartOfYear(d32) AS c2 FROM (SELECT CAST(['1969-12-31', '2025-06-01', '1925-01-02', '2100-01-01'], 'Array(Date32)')[(number + 3) % 4 + 1] AS d32 FROM numbers(3)) AS src
SELECT 0 IS DISTINCT FROM ns AS c4 FROM (SELECT CAST([1, NULL, 3, -4, NULL, 1, 20, 0], 'Array(Nullable(Int64))')[(number + 0) % 8 + 1] AS ns FROM numbers(1)) AS src ARRAY JOIN [''] AS a1
SELECT greatest(toDateTime(0), d32) AS c4 FROM (SELECT CAST(['1969-12-31', '2025-06-01', '1925-01-02', '2100-01-01'], 'Array(Date32)')[(number + 0) % 4 + 1] AS d32 FROM numbers(1)) AS src
SELECT true AS c1, fs AS c2 FROM (SELECT CAST(['abc', 'a', 'xyz', ''], 'Array(FixedString(3))')[(number + 3) % 4 + 1] AS fs FROM numbers(1)) AS src GROUP BY c1, c2 ORDER BY c1, c2 LIMIT 3
SELECT fs AS c1, (2, '') AS c2 FROM (SELECT CAST(['abc', 'a', 'xyz', ''], 'Array(FixedString(3))')[(number + 3) % 4 + 1] AS fs FROM numbers(1)) AS src GROUP BY 1, 2 ORDER BY c1, c2 LIMIT 3
SELECT toStartOfYear(d32) AS c1 FROM (SELECT CAST(['1969-12-31', '2025-06-01', '1925-01-02', '2100-01-01'], 'Array(Date32)')[(number + 0) % 4 + 1] AS d32 FROM numbers(1)) AS src GROUP BY c1
SELECT toDate('2024-02-29') AS c1, [] AS c2 FROM (SELECT 1 AS one FROM numbers(3)) AS src INTERSECT SELECT toDate('2024-02-29') AS c1, [] AS c2 FROM (SELECT 1 AS one FROM numbers(1)) AS src
SELECT maxIf('', toDateTime(0) = d32) AS c2 FROM (SELECT CAST(['1969-12-31', '2025-06-01', '1925-01-02', '2100-01-01'], 'Array(Date32)')[(number + 1) % 4 + 1] AS d32 FROM numbers(1)) AS src
SELECT toDecimal64(3, 1) AS c1, max(CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)')) AS c2 FROM documents AS src WHERE collection = 'invoices' AND NOT deleted GROUP BY ALL ORDER BY c1
SELECT max(CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)')) AS c2 FROM (SELECT CAST([true, false, true, true], 'Array(Bool)')[(number + 2) % 4 + 1] AS b FROM numbers(1)) AS src WHERE 0
SELECT arrayConcat(['a', NULL], mapKeys(CAST((['x'], [0]), 'Map(String, Int64)'))) AS c6 FROM (SELECT [''] AS c3 FROM documents AS src WHERE collection = 'invoices' AND deleted = false) AS q
SELECT arrayMap(x1 -> ns, ['']) AS c1 FROM (SELECT CAST([1, NULL, 3, -4, NULL, 1, 20, 0], 'Array(Nullable(Int64))')[(number + 1) % 8 + 1] AS ns FROM numbers(1)) AS src GROUP BY c1 ORDER BY c1
SELECT fromUnixTimestamp64Milli(toInt64(1)) AS c1, CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)') AS c3 FROM documents AS src WHERE collection = 'incidents' AND NOT deleted GROUP BY c1
SELECT pn = pn AS c3 FROM (SELECT CAST([(1, 'a'), (NULL, 'b'), (3, '')], 'Array(Tuple(Nullable(Int64), String))')[(number + 3) % 3 + 1] AS pn FROM numbers(1)) AS src ARRAY JOIN [1, NULL] AS a1
SELECT [] AS c1, 5 AS c2, CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)') AS c5 FROM documents AS src WHERE collection = 'invoices' AND NOT deleted GROUP BY c1, c2 ORDER BY c1, c2 LIMIT 3
SELECT arrayMap(x1 -> nu, range(5)) AS c1, (2, '') AS c2 FROM (SELECT CAST([NULL, 1, 2, 250, NULL], 'Array(Nullable(UInt8))')[(number + 1) % 5 + 1] AS nu FROM numbers(7)) AS src GROUP BY c1, c2
SELECT arrayEnumerateUniq(mapKeys(mapFilter((k1, v2) -> 1, map('a', 1)))) AS c1, argMax('', id) AS c2 FROM documents AS src WHERE collection = 'github_events' AND NOT deleted AND 0 GROUP BY ALL
SELECT CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)') AS c1, toDate('2025-01-15') AS c2 FROM documents AS src WHERE collection = 'payments' AND NOT deleted GROUP BY c1, c2 ORDER BY c1, c2
SELECT lead(if(1, toDateTime(0), parseDateTime('2025-01-15 10:20:30', '%Y-%m-%d %H:%i:%s'))) OVER (ORDER BY id DESC) AS c2 FROM documents AS src WHERE collection = 'agent_events' AND NOT deleted
SELECT arrayReverseFill(x1 -> 1, au) AS c1 FROM (SELECT CAST([[1, 2], [255, 0, 3], []], 'Array(Array(UInt8))')[(number + 1) % 3 + 1] AS au FROM numbers(1)) AS src GROUP BY c1 ORDER BY c1 LIMIT 3
SELECT toDate('1970-01-01') AS c1, toInt8(CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)')) AS c2 FROM documents AS src WHERE collection = 'customers' AND NOT deleted GROUP BY c1 ORDER BY c1
SELECT CAST('b', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)') AS c1, length(groupArray(makeDate(2024, 1, 3))) AS c4 FROM documents AS src WHERE collection = 'customers' AND NOT deleted GROUP BY ALL
SELECT sum(0) FILTER (WHERE has(ai, n)) AS c1 FROM (SELECT number AS n, CAST([[1, 2, 3], [], [5], [-1, 0, 7, 7], [3, 1]], 'Array(Array(Int64))')[(number + 3) % 5 + 1] AS ai FROM numbers(1)) AS src
SELECT coalesce(nb, JSONExtractBool('', 'a')) AS c1 FROM (SELECT number AS n, CAST([true, NULL, false], 'Array(Nullable(Bool))')[(number + 0) % 3 + 1] AS nb FROM numbers(1)) AS src ORDER BY n DESC
SELECT ai AS c1, arrayMax(ai) AS c2 FROM (SELECT CAST([[1, 2, 3], [], [5], [-1, 0, 7, 7], [3, 1]], 'Array(Array(Int64))')[(number + 0) % 5 + 1] AS ai FROM numbers(1)) AS src GROUP BY 1, 2 WITH CUBE
SELECT toDateTime64('2025-01-15 10:20:30.5', 3) AS c1, toDecimal64(3, 1) AS c2, quantileExact(0.75)(sqrt(toDecimal32('-0.25', 3))) AS c3 FROM (SELECT 1 AS one FROM numbers(1)) AS src GROUP BY c1, c2
SELECT sum(toDecimal64OrZero(CAST(data.payload.forkee.full_name, 'Nullable(String)'), 4)) OVER (ORDER BY id DESC) AS c2 FROM documents AS src WHERE collection = 'github_events' AND NOT deleted AND 0
SELECT toDateTime64('2025-01-15 10:20:30.5', 3) AS c1, 1 <=> data.address.zip.:Int64 AS c2 FROM documents AS src WHERE collection = 'customers' AND deleted = false ORDER BY id LIMIT 2 OFFSET 1 BY c1
SELECT [0.1] AS c1 FROM documents AS src WHERE collection = 'invoices' AND NOT deleted AND tupleConcat(tuple(0), tuple(CAST(data.recurring.interval, 'Nullable(String)'))) < (1, 'b') ORDER BY id DESC
SELECT arrayMap(x1 -> num, []) AS c1 FROM (SELECT CAST(['0', '42', '-7', '3.5', 'abc', '', '1e3'], 'Array(String)')[(number + 2) % 7 + 1] AS num FROM numbers(7)) AS src GROUP BY c1 ORDER BY c1 LIMIT 3
SELECT toDecimal64OrZero(toString(nt), 4) AS c1 FROM (SELECT CAST(['2025-01-15 10:20:30', NULL, '2025-01-16 00:00:00'], 'Array(Nullable(DateTime))')[(number + 3) % 3 + 1] AS nt FROM numbers(1)) AS src
SELECT toDecimal64(3, 1) AS c1, fs AS c2 FROM (SELECT CAST(['abc', 'a', 'xyz', ''], 'Array(FixedString(3))')[(number + 3) % 4 + 1] AS fs FROM numbers(1)) AS src GROUP BY c1, c2 ORDER BY c1, c2 LIMIT 3
SELECT toFloat64OrZero(nstr) AS c3 FROM (SELECT number AS n, CAST([NULL, 'x', 'y', 'abc', NULL, '', 'Zebra'], 'Array(Nullable(String))')[(number + 3) % 7 + 1] AS nstr FROM numbers(7)) AS src ORDER BY n
SELECT arrayMap(x1 -> 0, asx) AS c1 FROM (SELECT CAST([['a', 'b'], [], ['x', '', 'abc', 'x'], ['red', 'green']], 'Array(Array(String))')[(number + 2) % 4 + 1] AS asx FROM numbers(7)) AS src GROUP BY c1
SELECT 0.5 AS c2, CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)') AS c4 FROM (SELECT CAST([true, false, true, true], 'Array(Bool)')[(number + 0) % 4 + 1] AS b FROM numbers(1)) AS src GROUP BY 1, 2
SELECT CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)') AS c1, kurtSamp(10) AS c4 FROM documents AS src WHERE collection = 'github_events' AND deleted = false AND 0 GROUP BY ALL ORDER BY c1 LIMIT 3
SELECT 0 / i32 AS c1, true AS c2 FROM (SELECT CAST([-2147483648, -7, 0, 3, 12, 12, 100, 2147483647], 'Array(Int32)')[(number + 3) % 8 + 1] AS i32 FROM numbers(24)) AS src GROUP BY c1, c2 ORDER BY c1, c2
SELECT arrayMap(x1 -> au, arrayZip(au, []).1) AS c2 FROM (SELECT number AS n, CAST([[1, 2], [255, 0, 3], []], 'Array(Array(UInt8))')[(number + 0) % 3 + 1] AS au FROM numbers(3)) AS src WHERE 0 ORDER BY n
SELECT CAST('b', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)') AS c1, [''] AS c2 FROM (SELECT CAST([true, false, true, true], 'Array(Bool)')[(number + 3) % 4 + 1] AS b FROM numbers(7)) AS src GROUP BY 1, 2
SELECT greatest((data.payload.size.:Int64, ''), (2, '')) AS c1, toDateTime64('2025-01-15 10:20:30.5', 3) AS c2 FROM documents AS src WHERE collection = 'github_events' AND deleted = false GROUP BY c1, c2
SELECT toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0') AS c1, arrayStringConcat(arraySort(groupArray('')), ',') AS c2 FROM documents AS src WHERE collection = 'incidents' AND NOT deleted AND 0 GROUP BY ALL
SELECT toString(data.billing.contact.name) AS c1, toDateTime(0) AS c2, max(xor(CAST(data.recurring.auto, 'Nullable(Bool)'), true)) AS c3 FROM documents AS src WHERE collection = 'invoices' GROUP BY c1, c2
SELECT toDate('2025-01-15') AS c1, max(CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)')) AS c2 FROM documents AS src WHERE collection = 'invoices' AND deleted = false GROUP BY ALL ORDER BY c1 LIMIT 3
SELECT fs AS c1, toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0') AS c2 FROM (SELECT CAST(['abc', 'a', 'xyz', ''], 'Array(FixedString(3))')[(number + 1) % 4 + 1] AS fs FROM numbers(1)) AS src GROUP BY c1, c2
SELECT indexOf(arrayZip(ai, ai).1, 1) AS c1 FROM (SELECT number AS n, CAST([[1, 2, 3], [], [5], [-1, 0, 7, 7], [3, 1]], 'Array(Array(Int64))')[(number + 2) % 5 + 1] AS ai FROM numbers(3)) AS src ORDER BY n
SELECT arrayMap(x1 -> '', c1) AS c3 FROM (SELECT groupUniqArray(1)(3) OVER (ORDER BY id) AS c1 FROM documents AS src WHERE collection = 'github_events' AND NOT deleted) AS q GROUP BY ALL ORDER BY c3 LIMIT 3
SELECT CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)') AS c1, CAST('', 'FixedString(3)') AS c2 FROM documents AS src WHERE collection = 'github_events' AND deleted = false GROUP BY 1, 2 ORDER BY c1, c2
SELECT if(1, ['a', NULL], arrayZip(asx, asx).2) AS c2 FROM (SELECT CAST([['a', 'b'], [], ['x', '', 'abc', 'x'], ['red', 'green']], 'Array(Array(String))')[(number + 0) % 4 + 1] AS asx FROM numbers(1)) AS src
SELECT true AS c1, [] AS c2 FROM (SELECT 1 AS one FROM numbers(3)) AS src INTERSECT SELECT JSONExtractBool('', 'a') AS c1, [] AS c2 FROM documents AS src WHERE collection = 'agent_events' AND deleted = false
SELECT sum(1) FILTER (WHERE pn = pn) AS c3 FROM (SELECT CAST([(1, 'a'), (NULL, 'b'), (3, '')], 'Array(Tuple(Nullable(Int64), String))')[(number + 1) % 3 + 1] AS pn FROM numbers(3)) AS src ARRAY JOIN [5] AS a1
SELECT sumIf(arrayProduct(ai), 1) OVER (ORDER BY n) AS c1 FROM (SELECT number AS n, CAST([[1, 2, 3], [], [5], [-1, 0, 7, 7], [3, 1]], 'Array(Array(Int64))')[(number + 1) % 5 + 1] AS ai FROM numbers(1)) AS src
SELECT (2, '') AS c4, true AND nullIf(true, true) AS c5 FROM (SELECT '' AS c1 FROM documents AS src WHERE collection = 'invoices' AND deleted = false GROUP BY c1 ORDER BY c1) AS q GROUP BY c4, c5 ORDER BY c4, c5
SELECT toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0') AS c1, u8 AS c2 FROM (SELECT CAST([0, 1, 2, 3, 200, 255], 'Array(UInt8)')[(number + 3) % 6 + 1] AS u8 FROM numbers(3)) AS src GROUP BY ALL ORDER BY c1 LIMIT 3
SELECT groupArray('') OVER (PARTITION BY arrayProduct(au) ORDER BY n DESC) AS c2 FROM (SELECT number AS n, CAST([[1, 2], [255, 0, 3], []], 'Array(Array(UInt8))')[(number + 0) % 3 + 1] AS au FROM numbers(7)) AS src
SELECT arrayFill(x1 -> notEmpty(asx), []) AS c1 FROM (SELECT CAST([['a', 'b'], [], ['x', '', 'abc', 'x'], ['red', 'green']], 'Array(Array(String))')[(number + 0) % 4 + 1] AS asx FROM numbers(1)) AS src GROUP BY c1
SELECT toDate('2025-01-15') AS c1, '' AS c2 FROM (SELECT 1 AS one FROM numbers(7)) AS src UNION DISTINCT SELECT subtractMonths(toDate('1970-01-01'), 1) AS c1, '' AS c2 FROM (SELECT 1 AS one FROM numbers(3)) AS src
SELECT 0 AS c1, arrayCount(x1 -> toFixedString('ab', 3) = w, []) AS c2 FROM (SELECT CAST(['red', 'green', 'blue', 'red', 'gold'], 'Array(String)')[(number + 1) % 5 + 1] AS w FROM numbers(7)) AS src GROUP BY c1, c2
SELECT CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)') AS c1, arraySort(groupArray(toString(toFixedString('ab', 3)))) AS c2 FROM documents AS src WHERE collection = 'payments' AND deleted = false GROUP BY c1
SELECT toDecimal64(3, 1) AS c1, CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)') AS c2 FROM (SELECT CAST([true, false, true, true], 'Array(Bool)')[(number + 3) % 4 + 1] AS b FROM numbers(1)) AS src GROUP BY c1
SELECT [toLastDayOfWeek(toDate32('1950-06-01'))] AS c2 FROM (SELECT DISTINCT CAST('b', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)') AS c1 FROM documents AS src WHERE collection = 'invoices' AND deleted = false) AS q
SELECT retention(has(ai, n), 1, 1) AS c2 FROM (SELECT number AS n, CAST([[1, 2, 3], [], [5], [-1, 0, 7, 7], [3, 1]], 'Array(Array(Int64))')[(number + 2) % 5 + 1] AS ai FROM numbers(1)) AS src ARRAY JOIN [[3]] AS a1
SELECT true AS c1, '' AS c2 FROM documents AS src WHERE collection = 'incidents' AND deleted = false INTERSECT SELECT JSONExtractBool('', 'a') AS c1, '' AS c2 FROM documents AS src WHERE collection = 'agent_events'
SELECT greatest(tupleConcat(tuple(nu), tuple('')), (2, '')) AS c2 FROM (SELECT number AS n, CAST([NULL, 1, 2, 250, NULL], 'Array(Nullable(UInt8))')[(number + 3) % 5 + 1] AS nu FROM numbers(3)) AS src ORDER BY n DESC
SELECT toDate('2025-01-15') + INTERVAL u8 HOUR AS c1, toDecimal64(3, 1) AS c2 FROM (SELECT CAST([0, 1, 2, 3, 200, 255], 'Array(UInt8)')[(number + 0) % 6 + 1] AS u8 FROM numbers(7)) AS src GROUP BY c1, c2 WITH ROLLUP
SELECT levenshteinDistance('', arrayFirst(x1 -> 0.5 NOT IN (SELECT CAST('', 'Nullable(Float64)') FROM (SELECT 1 AS one FROM numbers(3))), [''])) AS c2 FROM (SELECT number AS n FROM numbers(3)) AS src ORDER BY n DESC
SELECT toFixedString('', 3) AS c1, max((ns, '')) AS c2 FROM (SELECT CAST([1, NULL, 3, -4, NULL, 1, 20, 0], 'Array(Nullable(Int64))')[(number + 1) % 8 + 1] AS ns FROM numbers(3)) AS src GROUP BY 1 ORDER BY c1 LIMIT 3
SELECT mapFilter((k1, v2) -> toDateTime(0) = d32, map('k', 'v')) AS c1 FROM (SELECT CAST(['1969-12-31', '2025-06-01', '1925-01-02', '2100-01-01'], 'Array(Date32)')[(number + 2) % 4 + 1] AS d32 FROM numbers(1)) AS src
SELECT true AND anb AS c1 FROM (SELECT CAST([true, NULL, false], 'Array(Nullable(Bool))')[(number + 0) % 3 + 1] AS anb FROM numbers(1)) AS src UNION ALL SELECT true AS c1 FROM (SELECT 1 AS one FROM numbers(1)) AS src
SELECT CAST('b', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)') AS c1, toDateTime(0) AS c2, minOrNull('') AS c4 FROM documents AS src WHERE collection = 'invoices' AND deleted = false GROUP BY ALL ORDER BY c1, c2 LIMIT 3
SELECT CAST('b', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)') AS c1, '' AS c2 FROM (SELECT CAST([true, false, true, true], 'Array(Bool)')[(number + 3) % 4 + 1] AS b FROM numbers(1)) AS src GROUP BY 1, 2 ORDER BY c1, c2
SELECT first_value(arrayProduct(ai)) OVER (ORDER BY n DESC) AS c2 FROM (SELECT number AS n, CAST([[1, 2, 3], [], [5], [-1, 0, 7, 7], [3, 1]], 'Array(Array(Int64))')[(number + 3) % 5 + 1] AS ai FROM numbers(24)) AS src
SELECT DISTINCT d32 AS c1, toDateTime64('2025-01-15 10:20:30', 2) AS c2 FROM (SELECT CAST(['1969-12-31', '2025-06-01', '1925-01-02', '2100-01-01'], 'Array(Date32)')[(number + 2) % 4 + 1] AS d32 FROM numbers(7)) AS src
SELECT true AS c1, 0.5 AS c2 FROM (SELECT CAST(['1969-12-31', '2025-06-01', '1925-01-02', '2100-01-01'], 'Array(Date32)')[(number + 3) % 4 + 1] AS d32 FROM numbers(1)) AS src WHERE d32 <= toDateTime(0) GROUP BY c1, c2
SELECT toDateTime(0) AS c1, toStartOfQuarter(d32) AS c2 FROM (SELECT CAST(['1969-12-31', '2025-06-01', '1925-01-02', '2100-01-01'], 'Array(Date32)')[(number + 2) % 4 + 1] AS d32 FROM numbers(1)) AS src GROUP BY c1, c2
SELECT (1, CAST(NULL, 'Nullable(String)')) >= (0, '') AS c1 FROM (SELECT 1 AS one FROM documents WHERE collection = 'github_events' AND NOT deleted) AS t0 LEFT ANTI JOIN (SELECT 1 AS one FROM numbers(3)) AS t1 ON 3 = 0
SELECT true AS c1, toDate('2025-01-15') AS c2 FROM (SELECT 1 AS one FROM numbers(1)) AS src EXCEPT DISTINCT SELECT JSONExtractBool('', 'a') AS c1, toDate('2025-01-15') AS c2 FROM (SELECT 1 AS one FROM numbers(7)) AS src
SELECT groupArray(0) OVER (ORDER BY id) AS c1, last_value(data.deep.l1.l2.n.:Int64) OVER (ORDER BY 0 / data.deep.l1.l2.n.:Int64, id DESC) AS c2 FROM documents AS src WHERE collection = 'agent_events' AND deleted = false
SELECT if(arrayZip([''], ['']).2 = [''], CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)'), CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)')) AS c2 FROM documents AS src WHERE collection = 'payments' ORDER BY id
SELECT toFixedString('ab', 3) AS c1, toDateTime64(toDateTime('2025-01-15 10:20:30', 'Europe/Berlin'), 3) AS c2 FROM documents AS src WHERE collection = 'invoices' AND deleted = false AND 0 GROUP BY c1 ORDER BY c1 LIMIT 3
SELECT (2, '') AS c1, toDecimal64OrZero(nstr, 4) AS c2 FROM (SELECT CAST([NULL, 'x', 'y', 'abc', NULL, '', 'Zebra'], 'Array(Nullable(String))')[(number + 1) % 7 + 1] AS nstr FROM numbers(3)) AS src GROUP BY 1, 2 WITH CUBE
SELECT toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0') AS c1, fs AS c2 FROM (SELECT CAST(['abc', 'a', 'xyz', ''], 'Array(FixedString(3))')[(number + 1) % 4 + 1] AS fs FROM numbers(1)) AS src GROUP BY c1, c2 ORDER BY c1, c2
SELECT n AS k0, arrayProduct(ai) AS c3 FROM (SELECT number AS n, CAST([[1, 2, 3], [], [5], [-1, 0, 7, 7], [3, 1]], 'Array(Array(Int64))')[(number + 2) % 5 + 1] AS ai FROM numbers(7)) AS src LEFT ARRAY JOIN [1, NULL] AS a1
SELECT n AS k0, sum(toDecimal64(3, 1)) OVER (ORDER BY xf NULLS FIRST, n DESC) AS c1 FROM (SELECT number AS n, CAST([nan, inf, 1, -inf, 0, -1, 1e300, 2], 'Array(Float64)')[(number + 0) % 8 + 1] AS xf FROM numbers(3)) AS src
SELECT greatest(parseDateTime('2024-02-29 00:00:00', '%Y-%m-%d %H:%i:%s'), toDate32('1980-06-01')) AS c4 FROM documents AS src LEFT ARRAY JOIN [toDate('2025-01-15')] AS a1 WHERE collection = 'incidents' AND deleted = false
SELECT map('a', 1) AS c2 FROM (SELECT number AS n, CAST(['1969-12-31', '2025-06-01', '1925-01-02', '2100-01-01'], 'Array(Date32)')[(number + 0) % 4 + 1] AS d32 FROM numbers(3)) AS src WHERE toDateTime(0) = d32 ORDER BY n DESC
SELECT [] AS c1, [] AS c2 FROM (SELECT 1 AS one FROM numbers(3)) AS src EXCEPT SELECT [] AS c1, bau AS c2 FROM (SELECT CAST([[1, 2], [255, 0, 3], []], 'Array(Array(UInt8))')[(number + 1) % 3 + 1] AS bau FROM numbers(3)) AS src
SELECT toDateTime(0) AS c1, [''] AS c2, CAST('b', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)') AS c3 FROM (SELECT CAST([true, false, true, true], 'Array(Bool)')[(number + 3) % 4 + 1] AS b FROM numbers(1)) AS src GROUP BY c1, c2
SELECT toDecimal64(3, 1) AS c1, arrayZip([], []).1 AS c2 FROM (SELECT 1 AS one FROM numbers(3)) AS src EXCEPT SELECT toDecimal64(3, 1) AS c1, [] AS c2 FROM documents AS src WHERE collection = 'github_events' AND deleted = false
SELECT arrayMap((x1, y2) -> '', CAST(data.payload.stack, 'Array(String)'), arrayEnumerate(CAST(data.payload.stack, 'Array(String)'))) AS c1 FROM documents AS src WHERE collection = 'agent_events' AND deleted = false GROUP BY c1
SELECT [''] AS c1, max(CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)')) AS c4 FROM (SELECT CAST([true, false, true, true], 'Array(Bool)')[(number + 2) % 4 + 1] AS b FROM numbers(3)) AS src GROUP BY ALL ORDER BY c1 LIMIT 3
SELECT lead(greatest(toDateTime(0), d32)) OVER (ORDER BY n DESC) AS c1 FROM (SELECT number AS n, CAST(['1969-12-31', '2025-06-01', '1925-01-02', '2100-01-01'], 'Array(Date32)')[(number + 3) % 4 + 1] AS d32 FROM numbers(7)) AS src
SELECT toFixedString('', 3) AS c1, minOrNull(toStartOfQuarter(d32)) AS c3 FROM (SELECT CAST(['1969-12-31', '2025-06-01', '1925-01-02', '2100-01-01'], 'Array(Date32)')[(number + 0) % 4 + 1] AS d32 FROM numbers(1)) AS src GROUP BY 1
SELECT arrayZip(asx, asx).2 AS c1 FROM (SELECT number AS n, CAST([['a', 'b'], [], ['x', '', 'abc', 'x'], ['red', 'green']], 'Array(Array(String))')[(number + 3) % 4 + 1] AS asx FROM numbers(1)) AS src ORDER BY n DESC LIMIT 1 BY c1
SELECT toDate('2025-01-15') AS c1, toDate(greatest(toDateTime(0), toDate32('1950-06-01'))) - toDate(toDateTime64('2025-01-15 10:20:30', 2)) AS c2 FROM documents AS src WHERE collection = 'incidents' AND NOT deleted GROUP BY c1, c2
SELECT CAST('b', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)') AS c1, toDateTime64('2025-01-15 10:20:30.5', 3) AS c2 FROM documents AS src WHERE collection = 'agent_events' AND deleted = false GROUP BY c1, c2 ORDER BY c1, c2 LIMIT 3
SELECT toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0') AS c1, min(true OR nb) AS c4 FROM (SELECT CAST([true, NULL, false], 'Array(Nullable(Bool))')[(number + 3) % 3 + 1] AS nb FROM numbers(1)) AS src GROUP BY c1 ORDER BY c1 LIMIT 3
SELECT DISTINCT tm AS c2 FROM (SELECT CAST(['2025-01-15 10:20:30', '1970-01-01 00:00:00', '2024-02-29 23:59:59', '2025-03-30 01:30:00', '2030-07-04 12:00:01'], 'Array(DateTime)')[(number + 3) % 5 + 1] AS tm FROM numbers(24)) AS src
SELECT CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)') AS c1, (2, '') AS c2 FROM (SELECT CAST([true, false, true, true], 'Array(Bool)')[(number + 0) % 4 + 1] AS b FROM numbers(1)) AS src GROUP BY c1, c2 ORDER BY c1, c2 LIMIT 3
SELECT (2, '') AS c2, minus(d, d) AS c3 FROM (SELECT number AS n, CAST(['2025-01-15', '1971-01-01', '2024-02-29', '2025-12-31', '2000-01-01', '2025-03-30'], 'Array(Date)')[(number + 0) % 6 + 1] AS d FROM numbers(1)) AS src ORDER BY n
SELECT toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0') AS c1, 0.5 AS c2, argMax('', (length(arrayZip([''], ['']).2), id)) AS c3 FROM documents AS src WHERE collection = 'agent_events' AND deleted = false GROUP BY c1, c2 ORDER BY c1, c2
SELECT CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)') AS c1, sumOrNull(toDecimal64(3, 1)) AS c2 FROM (SELECT CAST([true, false, true, true], 'Array(Bool)')[(number + 1) % 4 + 1] AS b FROM numbers(1)) AS src WHERE 0 GROUP BY ALL
SELECT lead(toDateTime(0)) OVER (ORDER BY n) AS c2 FROM (SELECT number AS n, CAST(['1969-12-31', '2025-06-01', '1925-01-02', '2100-01-01'], 'Array(Date32)')[(number + 2) % 4 + 1] AS d32 FROM numbers(1)) AS src WHERE toDateTime(0) = d32
SELECT arrayMap((x1, y2) -> 0, au, arrayEnumerate(au)) AS c1, (2, '') AS c2 FROM (SELECT CAST([[1, 2], [255, 0, 3], []], 'Array(Array(UInt8))')[(number + 2) % 3 + 1] AS au FROM numbers(1)) AS src GROUP BY c1, c2 ORDER BY c1, c2 LIMIT 3
SELECT row_number() OVER (PARTITION BY toLastDayOfMonth(d32) ORDER BY n) AS c1 FROM (SELECT number AS n, CAST(['1969-12-31', '2025-06-01', '1925-01-02', '2100-01-01'], 'Array(Date32)')[(number + 3) % 4 + 1] AS d32 FROM numbers(7)) AS src
SELECT toDate('2025-01-15') AS c1, CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)') AS c3 FROM (SELECT CAST([true, false, true, true], 'Array(Bool)')[(number + 2) % 4 + 1] AS b FROM numbers(1)) AS src GROUP BY ALL ORDER BY c1 LIMIT 3
SELECT toDecimal64(3, 1) AS c1, argMax(toStartOfMonth(d32), n) AS c3 FROM (SELECT number AS n, CAST(['1969-12-31', '2025-06-01', '1925-01-02', '2100-01-01'], 'Array(Date32)')[(number + 0) % 4 + 1] AS d32 FROM numbers(1)) AS src GROUP BY c1
SELECT n AS k0, rank() OVER (ORDER BY toLastDayOfMonth(d32) NULLS FIRST, n) AS c2 FROM (SELECT number AS n, CAST(['1969-12-31', '2025-06-01', '1925-01-02', '2100-01-01'], 'Array(Date32)')[(number + 3) % 4 + 1] AS d32 FROM numbers(24)) AS src
SELECT arrayMap((x1, y2) -> x1, asx, arrayEnumerate(asx)) AS c1 FROM (SELECT CAST([['a', 'b'], [], ['x', '', 'abc', 'x'], ['red', 'green']], 'Array(Array(String))')[(number + 1) % 4 + 1] AS asx FROM numbers(7)) AS src GROUP BY c1 ORDER BY c1
SELECT arrayZip(t1.au, t1.au).1 AS c1 FROM (SELECT 1 AS one FROM documents WHERE collection = 'github_events') AS t0 CROSS JOIN (SELECT CAST([[1, 2], [255, 0, 3], []], 'Array(Array(UInt8))')[(number + 0) % 3 + 1] AS au FROM numbers(1)) AS t1
SELECT CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)') AS c1, toDecimal64(3, 1) AS c2 FROM (SELECT CAST([true, false, true, true], 'Array(Bool)')[(number + 1) % 4 + 1] AS b FROM numbers(1)) AS src GROUP BY c1, c2 ORDER BY c1, c2 LIMIT 3
SELECT least(sm, u64) AS c1 FROM (SELECT CAST([1, 2, 3, 1, 2, -1, 0], 'Array(Int64)')[(number + 2) % 7 + 1] AS sm, CAST([0, 1, 5, 18446744073709551615, 10, 77], 'Array(UInt64)')[(number + 2) % 6 + 1] AS u64 FROM numbers(1)) AS src GROUP BY c1
SELECT if(1, toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0'), toUUIDOrNull(data.billing.city.:String)) AS c1, toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0') AS c2 FROM documents AS src WHERE collection = 'invoices' AND NOT deleted GROUP BY 1, 2
SELECT toDateTime(0) AS c1, arrayReverseFill(x1 -> '' IS NOT DISTINCT FROM num, []) AS c2 FROM (SELECT CAST(['0', '42', '-7', '3.5', 'abc', '', '1e3'], 'Array(String)')[(number + 1) % 7 + 1] AS num FROM numbers(1)) AS src GROUP BY 1, 2 ORDER BY c1, c2
SELECT '' AS c1, 0.5 AS c2 FROM (SELECT CAST([true, false, true, true], 'Array(Bool)')[(number + 2) % 4 + 1] AS ab FROM numbers(3)) AS src UNION ALL SELECT toString(toFixedString('ab', 3)) AS c1, 0.5 AS c2 FROM (SELECT 1 AS one FROM numbers(7)) AS src
SELECT toDateTime64('2025-01-15 10:20:30.5', 3) AS c3 FROM (SELECT CAST(['1969-12-31', '2025-06-01', '1925-01-02', '2100-01-01'], 'Array(Date32)')[(number + 0) % 4 + 1] AS d32 FROM numbers(1)) AS src ARRAY JOIN [1, NULL] AS a1 WHERE toDateTime(0) = d32
SELECT toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0') AS c1, toDate('2025-01-15') AS c2, CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)') AS c3 FROM documents AS src WHERE collection = 'github_events' AND NOT deleted GROUP BY c1, c2 ORDER BY c1, c2
SELECT groupArray(CASE nstr WHEN nstr THEN '' WHEN 'lo' THEN '' END) OVER (ORDER BY n DESC) AS c1 FROM (SELECT number AS n, CAST([NULL, 'x', 'y', 'abc', NULL, '', 'Zebra'], 'Array(Nullable(String))')[(number + 0) % 7 + 1] AS nstr FROM numbers(1)) AS src
SELECT toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0') AS c1, minOrDefault(toInt64OrZero(nstr)) AS c2 FROM (SELECT CAST([NULL, 'x', 'y', 'abc', NULL, '', 'Zebra'], 'Array(Nullable(String))')[(number + 3) % 7 + 1] AS nstr FROM numbers(3)) AS src GROUP BY 1
SELECT n AS k0, min(nstr) OVER (ORDER BY n ROWS BETWEEN 3 FOLLOWING AND UNBOUNDED FOLLOWING) AS c1 FROM (SELECT number AS n, CAST([NULL, 'x', 'y', 'abc', NULL, '', 'Zebra'], 'Array(Nullable(String))')[(number + 1) % 7 + 1] AS nstr FROM numbers(7)) AS src
SELECT min(tm + INTERVAL 3 SECOND) AS c2 FROM (SELECT CAST(['2025-01-15 10:20:30', '1971-01-01 00:00:00', '2024-02-29 23:59:59', '2025-03-30 01:30:00', '2030-07-04 12:00:01'], 'Array(DateTime)')[(number + 2) % 5 + 1] AS tm FROM numbers(1)) AS src WHERE 0
SELECT CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)') AS c1, argMax((0, ''), n) AS c4 FROM (SELECT number AS n, CAST([true, false, true, true], 'Array(Bool)')[(number + 2) % 4 + 1] AS b FROM numbers(3)) AS src WHERE 0 GROUP BY ALL ORDER BY c1 LIMIT 3
SELECT date_trunc('month', q) AS c1 FROM (SELECT number AS n, CAST(['2025-01-15 10:20:30.123', '1970-01-01 00:00:00.000', '1969-12-31 23:59:59.999', '2024-12-31 23:59:59.500'], 'Array(DateTime64(3))')[(number + 1) % 4 + 1] AS q FROM numbers(3)) AS src ORDER BY n
SELECT toFixedString('ab', 3) AS c1, toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0') AS c2 FROM (SELECT 1 AS one FROM numbers(1)) AS src WHERE CAST('', 'Nullable(Float64)') IN (SELECT 0.5 FROM (SELECT 1 AS one FROM numbers(3))) GROUP BY ALL ORDER BY c1, c2 LIMIT 3
SELECT countEqual(ai, u64) AS c1 FROM (SELECT CAST([[1, 2, 3], [], [5], [-1, 0, 7, 7], [3, 1]], 'Array(Array(Int64))')[(number + 1) % 5 + 1] AS ai, CAST([0, 1, 5, 18446744073709551615, 10, 77], 'Array(UInt64)')[(number + 1) % 6 + 1] AS u64 FROM numbers(7)) AS src
SELECT CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)') AS c1, true AS c2 FROM (SELECT CAST([true, false, true, true], 'Array(Bool)')[(number + 0) % 4 + 1] AS b FROM numbers(7)) AS src WHERE has(CAST((['b'], [0]), 'Map(String, Int64)'), 'abc') GROUP BY c1, c2
SELECT toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0') AS c1, xf AS c2 FROM (SELECT CAST([nan, inf, 1, -inf, 0, -1, 1e300, 2], 'Array(Float64)')[(number + 3) % 8 + 1] AS xf FROM numbers(7)) AS src GROUP BY c1, c2 HAVING toDecimal64(3, 1) <= c2 ORDER BY c1, c2 LIMIT 3
SELECT toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0') AS c1, toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0') AS c2, min(toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0')) AS c3 FROM documents AS src WHERE collection = 'incidents' AND 0 GROUP BY ALL ORDER BY c1, c2 LIMIT 3
SELECT toYear(toStartOfWeek(q)) AS c1 FROM (SELECT number AS n, CAST(['2025-01-15 10:20:30.123', '1970-01-01 00:00:00.000', '1969-12-31 23:59:59.999', '2024-12-31 23:59:59.500'], 'Array(DateTime64(3))')[(number + 2) % 4 + 1] AS q FROM numbers(3)) AS src ORDER BY n DESC
SELECT toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0') AS c1 FROM (SELECT CAST(['1969-12-31', '2025-06-01', '1925-01-02', '2100-01-01'], 'Array(Date32)')[(number + 2) % 4 + 1] AS d32 FROM numbers(3)) AS src WHERE toDateTime64('2025-01-15 10:20:30.5', 3) <= d32 GROUP BY 1
SELECT true AS c1, greatest(sm, u64) AS c2 FROM (SELECT CAST([1, 2, 3, 1, 2, -1, 0], 'Array(Int64)')[(number + 1) % 7 + 1] AS sm, CAST([0, 1, 5, 18446744073709551615, 10, 77], 'Array(UInt64)')[(number + 1) % 6 + 1] AS u64 FROM numbers(1)) AS src GROUP BY ALL ORDER BY c1
SELECT toDate(1) + INTERVAL toInt32(n) HOUR AS c2 FROM (SELECT number AS n, CAST(['2025-01-15', '1970-01-01', '2024-02-29', '2025-12-31', '2000-01-01', '2025-03-30'], 'Array(Date)')[(number + 0) % 6 + 1] AS d FROM numbers(3)) AS src ORDER BY d - 1 ASC NULLS LAST, n DESC
SELECT pn < (1, 'b') AS c1 FROM (SELECT number AS n, CAST([true, false, true, true], 'Array(Bool)')[(number + 1) % 4 + 1] AS b, CAST([(1, 'a'), (NULL, 'b'), (3, '')], 'Array(Tuple(Nullable(Int64), String))')[(number + 1) % 3 + 1] AS pn FROM numbers(1)) AS src ORDER BY n
SELECT anb OR true AS c1, toDateTime(100000000) AS c2 FROM (SELECT CAST([true, NULL, false], 'Array(Nullable(Bool))')[(number + 0) % 3 + 1] AS anb FROM numbers(3)) AS src EXCEPT SELECT true AS c1, toDateTime(100000000) AS c2 FROM (SELECT 1 AS one FROM numbers(1)) AS src
SELECT [''] AS c1, 0.5 AS c2, if(0 <=> data.number.:Int64, CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)'), CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)')) AS c3 FROM documents AS src WHERE collection = 'incidents' AND NOT deleted GROUP BY ALL ORDER BY c1, c2
SELECT toDayOfWeek(toStartOfISOYear(q)) AS c3 FROM (SELECT number AS n, CAST(['2025-01-15 10:20:30.123', '1971-01-01 00:00:00.000', '1989-12-31 23:59:59.999', '2024-12-31 23:59:59.500'], 'Array(DateTime64(3))')[(number + 3) % 4 + 1] AS q FROM numbers(3)) AS src ORDER BY n
SELECT tuple(countEqual(ai, u64), '') AS c1 FROM (SELECT CAST([[1, 2, 3], [], [5], [-1, 0, 7, 7], [3, 1]], 'Array(Array(Int64))')[(number + 2) % 5 + 1] AS ai, CAST([0, 1, 5, 18446744073709551615, 10, 77], 'Array(UInt64)')[(number + 2) % 6 + 1] AS u64 FROM numbers(1)) AS src
SELECT toDate('2025-01-15') AS c1, true AS c2 FROM (SELECT 1 AS one FROM numbers(1)) AS src EXCEPT DISTINCT SELECT toDate('2025-01-15') AS c1, true OR nb AS c2 FROM (SELECT CAST([true, NULL, false], 'Array(Nullable(Bool))')[(number + 0) % 3 + 1] AS nb FROM numbers(1)) AS src
SELECT data.payload.vars.z.:Int64 AS c3 FROM documents AS src WHERE collection = 'agent_events' ORDER BY if(data.payload.content.:String NOT LIKE 'a%', CAST('zz', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)'), CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)')) DESC, id DESC
SELECT n AS k0, lag(toStartOfMonth(q)) OVER (ORDER BY n) AS c1 FROM (SELECT number AS n, CAST(['2025-01-15 10:20:30.123', '1970-01-01 00:00:00.000', '1969-12-31 23:59:59.999', '2024-12-31 23:59:59.500'], 'Array(DateTime64(3))')[(number + 2) % 4 + 1] AS q FROM numbers(3)) AS src
SELECT CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)') AS c1, countIf(isNull((2, ''))) AS c2 FROM (SELECT CAST([true, false, true, true], 'Array(Bool)')[(number + 0) % 4 + 1] AS b FROM numbers(1)) AS src GROUP BY c1 HAVING startsWith(arrayMap(x1 -> c2, []), [1]) ORDER BY c1
SELECT 0 AS c2 FROM (SELECT data.card.last4.:String AS j16 FROM documents WHERE collection = 'payments' AND deleted = false) AS t0 RIGHT ANTI JOIN (SELECT CAST([1, 2, 3, 1, 2, -1, 0], 'Array(Int64)')[(number + 0) % 7 + 1] AS sm FROM numbers(7)) AS t1 ON char_length(t0.j16) = t1.sm
SELECT [arrayProduct(au), 0] AS c2, nt AS c4 FROM (SELECT CAST([[1, 2], [255, 0, 3], []], 'Array(Array(UInt8))')[(number + 0) % 3 + 1] AS au, CAST(['2025-01-15 10:20:30', NULL, '2025-01-16 00:00:00'], 'Array(Nullable(DateTime))')[(number + 0) % 3 + 1] AS nt FROM numbers(3)) AS src
SELECT ifNotFinite((u8 + 0.5), JSONExtractFloat(nstr, 'a')) AS c1 FROM (SELECT CAST([NULL, 'x', 'y', 'abc', NULL, '', 'Zebra'], 'Array(Nullable(String))')[(number + 0) % 7 + 1] AS nstr, CAST([0, 1, 2, 3, 200, 255], 'Array(UInt8)')[(number + 0) % 6 + 1] AS u8 FROM numbers(7)) AS src
SELECT toFloat64(dec) AS c1, fromUnixTimestamp64Milli(toInt64(3)) AS c2, boundingRatio(n, 2) AS c5 FROM (SELECT number AS n, CAST(['1.25', '-0.5', '100.0001', '0', '99999.9999'], 'Array(Decimal(18, 4))')[(number + 1) % 5 + 1] AS dec FROM numbers(3)) AS src GROUP BY c1, c2 WITH ROLLUP
SELECT least(i64, u64) AS c3 FROM (SELECT CAST([-9223372036854775808, -3, 0, 2, 5, 42, 1000000007, 9223372036854775807, 9], 'Array(Int64)')[(number + 3) % 9 + 1] AS i64, CAST([0, 1, 5, 18446744073709551615, 10, 77], 'Array(UInt64)')[(number + 3) % 6 + 1] AS u64 FROM numbers(7)) AS src
SELECT toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0') AS c1, if(arrayExists(x1 -> data.recurring.interval.:String LIKE 'A_c', [1, NULL]), toFixedString('', 3), toFixedString('', 3)) AS c2 FROM documents AS src WHERE collection = 'invoices' AND deleted = false GROUP BY ALL ORDER BY c1, c2
SELECT [''] AS c1 FROM (SELECT 1 AS one FROM numbers(1)) AS src WHERE 1 IN (SELECT 0.5 FROM (SELECT CAST(['1969-12-31', '2025-06-01', '1925-01-02', '2100-01-01'], 'Array(Date32)')[(number + 2) % 4 + 1] AS i_d32 FROM numbers(3)) WHERE toDateTime(0) <= i_d32) GROUP BY c1 ORDER BY c1 LIMIT 3
SELECT toRelativeYearNum(CAST(q, 'DateTime64(1)')) AS c3 FROM (SELECT number AS n, CAST(['2025-01-15 10:20:30.123', '1970-01-01 00:00:00.000', '1969-12-31 23:59:59.999', '2024-12-31 23:59:59.500'], 'Array(DateTime64(3))')[(number + 3) % 4 + 1] AS q FROM numbers(24)) AS src ORDER BY n DESC
SELECT n AS k0, dense_rank() OVER (ORDER BY f * sf, n DESC) AS c1 FROM (SELECT number AS n, CAST([0, -1.5, 2.5, 3.25, 100.125, -0.001, 1e10], 'Array(Float64)')[(number + 0) % 7 + 1] AS f, CAST([0.5, 1, -3.25, 1024, 0], 'Array(Float32)')[(number + 0) % 5 + 1] AS sf FROM numbers(24)) AS src
SELECT toDateTime(0) AS c1, '' AS c2 FROM (SELECT 1 AS one FROM numbers(7)) AS src UNION ALL SELECT greatest(toDateTime(0), bd32) AS c1, '' AS c2 FROM (SELECT CAST(['1969-12-31', '2025-06-01', '1925-01-02', '2100-01-01'], 'Array(Date32)')[(number + 2) % 4 + 1] AS bd32 FROM numbers(1)) AS src
SELECT CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)') AS c1, arrayExists(x1 -> CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)') = 'b' AND CAST(data.amount, 'Float64') IS NOT NULL, [1, NULL])::Bool AS c2 FROM documents AS src WHERE collection = 'payments' AND NOT deleted GROUP BY 1, 2
SELECT if(arrayExists(x1 -> isZeroOrNull(data.slo_burn.:Int64), [1, NULL]), CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)'), CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)')) AS c1 FROM documents AS src WHERE collection = 'incidents' AND deleted = false GROUP BY ALL ORDER BY c1 LIMIT 3
SELECT toString([fs, fs]) AS c1 FROM (SELECT CAST(['abc', 'a', 'xyz', ''], 'Array(FixedString(3))')[(number + 2) % 4 + 1] AS fs FROM numbers(3)) AS src UNION ALL SELECT '' AS c1 FROM (SELECT CAST(['abc', 'a', 'xyz', ''], 'Array(FixedString(3))')[(number + 0) % 4 + 1] AS fs FROM numbers(1)) AS src
SELECT nullIf(true, true) OR true AS c5 FROM (SELECT [[3]] AS c2 FROM (SELECT number AS n, CAST(['2025-01-15 10:20:30.123', '1971-01-01 00:00:00.000', '1989-12-31 23:59:59.999', '2024-12-31 23:59:59.500'], 'Array(DateTime64(3))')[(number + 2) % 4 + 1] AS q FROM numbers(1)) AS src ORDER BY n) AS q
SELECT sum(toDecimal64(3, 1)) OVER (ORDER BY n) AS c1, min(nt) OVER (ORDER BY n DESC ROWS BETWEEN 1 FOLLOWING AND 1 FOLLOWING) AS c2 FROM (SELECT number AS n, CAST(['2025-01-15 10:20:30', NULL, '2025-01-16 00:00:00'], 'Array(Nullable(DateTime))')[(number + 1) % 3 + 1] AS nt FROM numbers(3)) AS src
SELECT toDateTime64('2024-02-29 00:00:00', 2) AS c3, CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)') AS c4 FROM (SELECT toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0') AS c2 FROM documents AS src WHERE collection = 'github_events' AND deleted = false) AS q GROUP BY 1, 2 ORDER BY c3, c4 LIMIT 3
SELECT minIf(0, toDateTime(0) = t1.d32) AS c1 FROM (SELECT 1 AS one FROM documents WHERE collection = 'customers' AND NOT deleted) AS t0 LEFT JOIN (SELECT CAST(['1969-12-31', '2025-06-01', '1925-01-02', '2100-01-01'], 'Array(Date32)')[(number + 1) % 4 + 1] AS d32 FROM numbers(1)) AS t1 ON true = true
SELECT mst AS c2 FROM (SELECT number AS n, CAST([map('k', 'v'), map(), map('a', 'x', 'b', '')], 'Array(Map(String, String))')[(number + 3) % 3 + 1] AS mst, CAST([nan, inf, 1, -inf, 0, -1, 1e300, 2], 'Array(Float64)')[(number + 3) % 8 + 1] AS xf FROM numbers(24)) AS src ORDER BY xf DESC NULLS FIRST, n DESC
SELECT DISTINCT toDateTime(0) AS c2 FROM documents AS src WHERE collection = 'customers' AND deleted = false AND 0.5 NOT IN (SELECT 0.5 FROM (SELECT CAST(['1969-12-31', '2025-06-01', '1925-01-02', '2100-01-01'], 'Array(Date32)')[(number + 1) % 4 + 1] AS i_d32 FROM numbers(3)) WHERE toDateTime(0) <= i_d32)
SELECT maxIf(toDateTime(100000000), has(an, u64)) AS c3 FROM (SELECT CAST([[1, NULL, 3], [], [NULL], [2, 2]], 'Array(Array(Nullable(Int64)))')[(number + 0) % 4 + 1] AS an, CAST([0, 1, 5, 18446744073709551615, 10, 77], 'Array(UInt64)')[(number + 0) % 6 + 1] AS u64 FROM numbers(1)) AS src ARRAY JOIN an AS a1
SELECT min(minus(ndt, toDate('2025-01-15'))) OVER (ORDER BY n ROWS BETWEEN 3 FOLLOWING AND 3 FOLLOWING) AS c1, groupArray('') OVER (ORDER BY n) AS c2 FROM (SELECT number AS n, CAST(['2025-01-15', NULL, '2024-02-29', '2023-05-05'], 'Array(Nullable(Date))')[(number + 3) % 4 + 1] AS ndt FROM numbers(7)) AS src
SELECT toDecimal64(toUInt8(u8), 3) AS c1 FROM (SELECT number AS n, CAST(['1969-12-31', '2025-06-01', '1925-01-02', '2100-01-01'], 'Array(Date32)')[(number + 3) % 4 + 1] AS d32, CAST([0, 1, 2, 3, 200, 255], 'Array(UInt8)')[(number + 3) % 6 + 1] AS u8 FROM numbers(24)) AS src ORDER BY toStartOfYear(d32), n DESC
SELECT mi AS c2 FROM (SELECT CAST([[1, NULL, 3], [], [NULL], [2, 2]], 'Array(Array(Nullable(Int64)))')[(number + 0) % 4 + 1] AS an, CAST([map('a', 1, 'b', 2), map(), map('red', 5), map('b', -1, 'a', 10)], 'Array(Map(String, Int64))')[(number + 0) % 4 + 1] AS mi FROM numbers(7)) AS src WHERE has(an, length(mi))
SELECT CAST((0, w), 'Tuple(a Int64, b String)') AS c1, toFixedString('a', 3) AS c2 FROM (SELECT CAST([true, false, true, true], 'Array(Bool)')[(number + 0) % 4 + 1] AS b, CAST(['red', 'green', 'blue', 'red', 'gold'], 'Array(String)')[(number + 0) % 5 + 1] AS w FROM numbers(3)) AS src GROUP BY c1, c2 WITH ROLLUP
SELECT '' AS c1, if(arrayAll(x1 -> 0 IS DISTINCT FROM CAST(data.impact.users, 'Nullable(Int64)'), ['']), CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)'), CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)')) AS c2 FROM documents AS src WHERE collection = 'incidents' GROUP BY c1, c2 ORDER BY c1, c2 LIMIT 3
SELECT DISTINCT CAST(nt, 'Date') AS c2 FROM (SELECT CAST(['1969-12-31', '2025-06-01', '1925-01-02', '2100-01-01'], 'Array(Date32)')[(number + 1) % 4 + 1] AS d32, CAST(['2025-01-15 10:20:30', NULL, '2025-01-16 00:00:00'], 'Array(Nullable(DateTime))')[(number + 1) % 3 + 1] AS nt FROM numbers(3)) AS src WHERE nt = d32
SELECT date_trunc('week', t1.d) AS c2 FROM (SELECT 1 AS one FROM documents WHERE collection = 'agent_events' AND deleted = false) AS t0 LEFT JOIN (SELECT CAST(['2025-01-15', '1971-01-01', '2024-02-29', '2025-12-31', '2000-01-01', '2025-03-30'], 'Array(Date)')[(number + 0) % 6 + 1] AS d FROM numbers(3)) AS t1 ON 0 = 1
SELECT toDecimal64(3, 1) AS c1, true AS c2 FROM (SELECT CAST([true, false, true, true], 'Array(Bool)')[(number + 0) % 4 + 1] AS b FROM numbers(7)) AS src EXCEPT SELECT toDecimal64(3, 1) AS c1, xor(b, b) AS c2 FROM (SELECT CAST([true, false, true, true], 'Array(Bool)')[(number + 2) % 4 + 1] AS b FROM numbers(3)) AS src
SELECT count() AS c1, sum(0) IS NULL AS c2 FROM (SELECT number AS n, CAST([1, 2, 3, 1, 2, -1, 0], 'Array(Int64)')[(number + 0) % 7 + 1] AS sm FROM numbers(1)) AS t0 LEFT ANY JOIN (SELECT number AS n, CAST([1, 2, 3, 1, 2, -1, 0], 'Array(Int64)')[(number + 2) % 7 + 1] AS sm FROM numbers(7)) AS t1 ON toInt32(t0.sm) = t1.n
SELECT groupArray(s) OVER (ORDER BY xf NULLS FIRST, n DESC) AS c2 FROM (SELECT number AS n, CAST(['', 'a', 'abc', 'Hello World', 'b', 'zürich', '日本', 'A', ' x '], 'Array(String)')[(number + 3) % 9 + 1] AS s, CAST([nan, inf, 1, -inf, 0, -1, 1e300, 2], 'Array(Float64)')[(number + 3) % 8 + 1] AS xf FROM numbers(24)) AS src
SELECT max(toDate('2025-01-15')) OVER (ORDER BY least(u64, i32) DESC, n DESC) AS c2 FROM (SELECT number AS n, CAST([-2147483648, -7, 0, 3, 12, 12, 100, 2147483647], 'Array(Int32)')[(number + 0) % 8 + 1] AS i32, CAST([0, 1, 5, 18446744073709551615, 10, 77], 'Array(UInt64)')[(number + 0) % 6 + 1] AS u64 FROM numbers(7)) AS src
SELECT arrayMax(arrayMap(x1 -> 1e3, c2)) AS c3 FROM (SELECT groupArray(0) OVER (ORDER BY n) AS c2 FROM (SELECT number AS n, CAST(['2025-01-15 10:20:30.123', '1970-01-01 00:00:00.000', '1969-12-31 23:59:59.999', '2024-12-31 23:59:59.500'], 'Array(DateTime64(3))')[(number + 0) % 4 + 1] AS q FROM numbers(1)) AS src) AS q GROUP BY ALL
SELECT toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0') AS c2, true AS c3, toInt8(CAST('b', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)')) AS c4 FROM (SELECT first_value(makeDate(2024, 3, 3)) OVER (ORDER BY id DESC) AS c1 FROM documents AS src WHERE collection = 'invoices' AND deleted = false) AS q GROUP BY c2, c3 ORDER BY c2, c3 LIMIT 3
SELECT js AS c1, greatest((2, ''), pn) AS c2 FROM (SELECT CAST(['{"a":1,"b":[1,2,{"c":"x"}],"d":null}', '[1,2,3]', '{"a":"s","b":{"c":1.5}}', '', 'oops', '{}'], 'Array(String)')[(number + 3) % 6 + 1] AS js, CAST([(1, 'a'), (NULL, 'b'), (3, '')], 'Array(Tuple(Nullable(Int64), String))')[(number + 3) % 3 + 1] AS pn FROM numbers(7)) AS src
SELECT any(toDate(toDateTime(0)) - toDate(q6)) OVER (ORDER BY xf NULLS FIRST, n) AS c1 FROM (SELECT number AS n, CAST(['2025-01-15 10:20:30.123456', '2001-09-09 01:46:40.000001'], 'Array(DateTime64(6))')[(number + 2) % 2 + 1] AS q6, CAST([nan, inf, 1, -inf, 0, -1, 1e300, 2], 'Array(Float64)')[(number + 2) % 8 + 1] AS xf FROM numbers(7)) AS src
SELECT toDate('2025-01-15') AS c4, CAST('', 'FixedString(3)') AS c5 FROM (SELECT 0 AS c1 FROM (SELECT CAST(['2025-01-15 10:20:30.123', '1970-01-01 00:00:00.000', '1969-12-31 23:59:59.999', '2024-12-31 23:59:59.500'], 'Array(DateTime64(3))')[(number + 1) % 4 + 1] AS q FROM numbers(1)) AS src GROUP BY ALL ORDER BY c1) AS q GROUP BY c4, c5 ORDER BY c4, c5 LIMIT 3
SELECT toDateTime64(toDate('2024-02-29'), 1) AS c2, arraySort(groupUniqArrayIf(1, 1)) AS c4 FROM (SELECT DISTINCT 0.5 AS c1 FROM (SELECT CAST(['2025-01-15 10:20:30.123', '1970-01-01 00:00:00.000', '1969-12-31 23:59:59.999', '2024-12-31 23:59:59.500'], 'Array(DateTime64(3))')[(number + 1) % 4 + 1] AS q FROM numbers(7)) AS src WHERE 0) AS q GROUP BY ALL ORDER BY c2
SELECT greatest(toDateTime(0), toDateTime('2024-02-29 00:00:00', 'Europe/Berlin')) AS c5 FROM (SELECT map('a', 1) AS c2 FROM (SELECT number AS n, CAST(['2025-01-15 10:20:30.123', '1970-01-01 00:00:00.000', '1969-12-31 23:59:59.999', '2024-12-31 23:59:59.500'], 'Array(DateTime64(3))')[(number + 0) % 4 + 1] AS q FROM numbers(1)) AS src WHERE 0 ORDER BY n DESC) AS q
SELECT url AS c1 FROM (SELECT number AS n, CAST(['1969-12-31', '2025-06-01', '1925-01-02', '2100-01-01'], 'Array(Date32)')[(number + 2) % 4 + 1] AS d32, CAST(['https://www.example.com:8080/a/b?x=1&y=2#frag', 'http://x.org', 'not a url', 'ftp://u@h.net/p?q', ''], 'Array(String)')[(number + 2) % 5 + 1] AS url FROM numbers(3)) AS src ORDER BY toStartOfMonth(d32), n DESC
SELECT arrayMax(arrayMap(x2 -> c1, [toDate('2025-01-15')])) AS c4 FROM (SELECT toStartOfYear(q) AS c1, '' AS c2 FROM (SELECT CAST(['2025-01-15 10:20:30.123', '1970-01-01 00:00:00.000', '1969-12-31 23:59:59.999', '2024-12-31 23:59:59.500'], 'Array(DateTime64(3))')[(number + 0) % 4 + 1] AS q FROM numbers(7)) AS src GROUP BY c1, c2 ORDER BY c1, c2 LIMIT 3) AS q GROUP BY ALL
SELECT groupArray(JSONExtract(js, 'a', 'Int64')) OVER (ORDER BY xf NULLS FIRST, n) AS c1 FROM (SELECT number AS n, CAST(['{"a":1,"b":[1,2,{"c":"x"}],"d":null}', '[1,2,3]', '{"a":"s","b":{"c":1.5}}', '', 'oops', '{}'], 'Array(String)')[(number + 0) % 6 + 1] AS js, CAST([nan, inf, 1, -inf, 0, -1, 1e300, 2], 'Array(Float64)')[(number + 0) % 8 + 1] AS xf FROM numbers(7)) AS src
SELECT dec AS c4 FROM (SELECT number AS n, CAST(['1.25', '-0.5', '100.0001', '0', '99999.9999'], 'Array(Decimal(18, 4))')[(number + 2) % 5 + 1] AS dec, CAST(['2025-01-15 10:20:30.123', '1970-01-01 00:00:00.000', '1969-12-31 23:59:59.999', '2024-12-31 23:59:59.500'], 'Array(DateTime64(3))')[(number + 2) % 4 + 1] AS q FROM numbers(24)) AS src ORDER BY toStartOfYear(q), n DESC
SELECT 0.5 AS c1, (SELECT argMax(i_nstr, (i_nu, i_n)) FROM (SELECT number AS i_n, CAST([NULL, 'x', 'y', 'abc', NULL, '', 'Zebra'], 'Array(Nullable(String))')[(number + 2) % 7 + 1] AS i_nstr, CAST([NULL, 1, 2, 250, NULL], 'Array(Nullable(UInt8))')[(number + 2) % 5 + 1] AS i_nu FROM numbers(7))) AS c4 FROM (SELECT 1 AS one FROM numbers(1)) AS src GROUP BY 1 ORDER BY c1 LIMIT 3
SELECT toDateTime64(toDateTime('2025-01-15 10:20:30', 'Europe/Berlin'), 3) AS c3 FROM (SELECT groupArray('') OVER (ORDER BY n DESC) AS c2 FROM (SELECT number AS n, CAST(['2025-01-15 10:20:30.123', '1971-01-01 00:00:00.000', '1989-12-31 23:59:59.999', '2024-12-31 23:59:59.500'], 'Array(DateTime64(3))')[(number + 1) % 4 + 1] AS q FROM numbers(1)) AS src WHERE 0) AS q GROUP BY c3
SELECT lag(dec) OVER (ORDER BY toStartOfISOYear(d32) NULLS FIRST, n DESC) AS c1, ntile(2) OVER (ORDER BY n) AS c2 FROM (SELECT number AS n, CAST(['1969-12-31', '2025-06-01', '1925-01-02', '2100-01-01'], 'Array(Date32)')[(number + 0) % 4 + 1] AS d32, CAST(['1.25', '-0.5', '100.0001', '0', '99999.9999'], 'Array(Decimal(18, 4))')[(number + 0) % 5 + 1] AS dec FROM numbers(7)) AS src
SELECT lag(toStartOfISOYear(q)) OVER (ORDER BY n DESC) AS c1, anyLast(sm) OVER (ORDER BY n) AS c2 FROM (SELECT number AS n, CAST(['2025-01-15 10:20:30.123', '1970-01-01 00:00:00.000', '1969-12-31 23:59:59.999', '2024-12-31 23:59:59.500'], 'Array(DateTime64(3))')[(number + 1) % 4 + 1] AS q, CAST([1, 2, 3, 1, 2, -1, 0], 'Array(Int64)')[(number + 1) % 7 + 1] AS sm FROM numbers(3)) AS src
SELECT toStartOfWeek(t0.d) AS c2 FROM (SELECT CAST(['2025-01-15', '1971-01-01', '2024-02-29', '2025-12-31', '2000-01-01', '2025-03-30'], 'Array(Date)')[(number + 1) % 6 + 1] AS d FROM numbers(3)) AS t0 RIGHT JOIN (SELECT CAST(['2025-01-15', '1971-01-01', '2024-02-29', '2025-12-31', '2000-01-01', '2025-03-30'], 'Array(Date)')[(number + 0) % 6 + 1] AS d FROM numbers(7)) AS t1 ON '' = 'a'
SELECT toFixedString('ab', 3) AS c1, maxIf(tm, tm = d32) AS c2 FROM (SELECT CAST(['1969-12-31', '2025-06-01', '1925-01-02', '2100-01-01'], 'Array(Date32)')[(number + 0) % 4 + 1] AS d32, CAST(['2025-01-15 10:20:30', '1970-01-01 00:00:00', '2024-02-29 23:59:59', '2025-03-30 01:30:00', '2030-07-04 12:00:01'], 'Array(DateTime)')[(number + 0) % 5 + 1] AS tm FROM numbers(3)) AS src GROUP BY c1
SELECT least(t0.i64, t0.n) AS c1 FROM (SELECT number AS n, CAST([-9223372036854775808, -3, 0, 2, 5, 42, 1000000007, 9223372036854775807, 9], 'Array(Int64)')[(number + 0) % 9 + 1] AS i64 FROM numbers(1)) AS t0 LEFT SEMI JOIN (SELECT number AS n, CAST([-9223372036854775808, -3, 0, 2, 5, 42, 1000000007, 9223372036854775807, 9], 'Array(Int64)')[(number + 1) % 9 + 1] AS i64 FROM numbers(1)) AS t1 ON 0 = 0
SELECT '' AS c1, ngrams(nstr, 3) AS c2, max(toStartOfWeek(q, 2)) AS c3 FROM (SELECT CAST([NULL, 'x', 'y', 'abc', NULL, '', 'Zebra'], 'Array(Nullable(String))')[(number + 0) % 7 + 1] AS nstr, CAST(['2025-01-15 10:20:30.123', '1970-01-01 00:00:00.000', '1969-12-31 23:59:59.999', '2024-12-31 23:59:59.500'], 'Array(DateTime64(3))')[(number + 0) % 4 + 1] AS q FROM numbers(7)) AS src GROUP BY 1, 2 ORDER BY c1, c2
SELECT toDateTime('2025-01-15 10:20:30') AS c1, and AS c2 FROM (SELECT CAST(['1.25', NULL, '-7.5', '0'], 'Array(Nullable(Decimal(9, 2)))')[(number + 1) % 4 + 1] AS and FROM numbers(1)) AS src EXCEPT SELECT toTimeZone(toDateTime('2025-01-15 10:20:30'), 'Asia/Tokyo') AS c1, nd AS c2 FROM (SELECT CAST(['1.25', NULL, '-7.5', '0'], 'Array(Nullable(Decimal(9, 2)))')[(number + 1) % 4 + 1] AS nd FROM numbers(1)) AS src
SELECT toDateTime(0) AS c3, CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2, \'zz\' = -3)') AS c5 FROM (SELECT DISTINCT '' AS c2 FROM (SELECT CAST([true, false, true, true], 'Array(Bool)')[(number + 3) % 4 + 1] AS b, CAST(['2025-01-15 10:20:30.123', '1970-01-01 00:00:00.000', '1969-12-31 23:59:59.999', '2024-12-31 23:59:59.500'], 'Array(DateTime64(3))')[(number + 3) % 4 + 1] AS q FROM numbers(1)) AS src) AS q GROUP BY c3
