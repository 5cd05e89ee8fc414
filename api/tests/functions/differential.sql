-- Queries whose answers differed from ClickHouse's when random ones were compared (make fuzz-sql), made small.
SELECT CAST('', 'Nullable(Float64)'), CAST('abc', 'Nullable(Int32)'), CAST('1x', 'Nullable(Int32)'), CAST('', 'Nullable(Date)'), CAST(materialize('x'), 'Nullable(UInt8)')
SELECT CAST('a', 'FixedString(3)'), length(CAST('', 'FixedString(3)')), CAST('a', 'FixedString(3)') = 'a', toString(toFixedString('ab', 4)), [toFixedString('ab', 4)]::String
SELECT CAST('abcd', 'FixedString(3)')
SELECT CAST('a', 'Enum8(\'a\' = 1, \'b\' = -2)') AS e, toTypeName(e), toInt32(e), e::Int8, CAST(1, 'Enum8(\'a\' = 1, \'b\' = -2)')
SELECT CAST('zz', 'Enum8(\'a\' = 1, \'b\' = -2)')
SELECT max(x), min(x), argMax(1, x) FROM (SELECT arrayJoin(['a', 'b'])::Enum8('a' = 1, 'b' = -2) AS x)
SELECT x FROM (SELECT arrayJoin(['a', 'b', 'c'])::Enum8('a' = 1, 'b' = -2, 'c' = 0) AS x) ORDER BY x
SELECT min(x) FROM (SELECT 'a'::Enum8('a' = 1, 'b' = -2) AS x WHERE 0)
SELECT CAST('a', 'Enum8(\'a\' = 1, \'b\' = -2)') > CAST('b', 'Enum8(\'a\' = 1, \'b\' = -2)'), CAST('a', 'Enum8(\'a\' = 1, \'b\' = -2)') = 'a'
SELECT CAST((['x', 'y'], [1, 2]), 'Map(String, Int64)')
SELECT -128::String, -1.5::String
SELECT xor(true, true), xor(true, true, true), xor(true, 1), xor(1, NULL), xor(toNullable(true), false), xor(1, 1, 1)
SELECT toNullable(true) AND true, toNullable(true) OR false, true AND true
SELECT 1 <=> toNullable(2), toNullable(1) IS DISTINCT FROM 1, coalesce(toNullable(1) = 2, 0)
SELECT arrayProduct(emptyArrayInt64()), arrayProduct([2, 3])
SELECT quantileExact(0.5)(x), quantilesExact(0.5)(x), quantileExactLow(0.5)(x), quantileExactWeighted(0.5)(x, 1), quantileGK(100, 0.5)(x) FROM (SELECT 1.5 AS x WHERE 0)
SELECT toInt64OrZero(NULL::Nullable(String)), toInt64OrZero(toNullable('x')), toFloat64OrZero(NULL::Nullable(String)), toDecimal64OrZero(NULL::Nullable(String), 2), toDateOrZero(NULL::Nullable(String))
SELECT toDateTimeOrNull('2025-01-15T10:20:30Z'), toDateTimeOrNull('2025-01-15 10:20:30'), toDateTime64OrNull('2025-01-15T10:20:30.5Z', 3), toDateTimeOrZero('2025-01-15T10:20:30'), toDateTime('2025-01-15T10:20:30Z')
SELECT ifNotFinite(1.5, NULL::Nullable(Float64)), ifNotFinite(nan, NULL::Nullable(Float64)), ifNotFinite(1.5, NULL), ifNotFinite(NULL::Nullable(Float64), 5)
SELECT toString(CAST('{"a":"x/y"}', 'JSON')), [CAST('{"a":"x/y"}', 'JSON')]::String, toString(['x/y'])
SELECT (1, NULL) < (2, 1), (1, NULL) = (1, NULL), (1, NULL) != (2, 1), toTypeName((2, '') = (NULL, '')), [1, NULL] = [1, NULL]
SELECT greatest((2, ''), (NULL, '')), least((2, ''), (NULL, '')), greatest((NULL, ''), (2, ''))
SELECT argMin(x, (y, 1)), argMax(x, (y, 1)), min((y, 1)), max((y, 1)) FROM (SELECT arrayJoin([(1, NULL), (2, 5), (3, 7)]) AS t, t.1 AS x, t.2 AS y)
SELECT x FROM (SELECT arrayJoin([1., nan, 0., -1]) AS x) ORDER BY x NULLS FIRST
SELECT x FROM (SELECT arrayJoin([1., nan, NULL, -1]) AS x) ORDER BY x DESC NULLS FIRST
SELECT number * -1. = 0, round(-0.3 * number) = 0 FROM numbers(2)
SELECT number, dense_rank() OVER (ORDER BY number * -1. * (number % 2)) FROM numbers(3) ORDER BY number
SELECT x FROM (SELECT arrayJoin([toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0'), toUUID('01941f4c-0791-76ec-befc-003e33d4f5fe')]) AS x) ORDER BY x
SELECT max(x), min(x) FROM (SELECT arrayJoin([toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0'), toUUID('01941f4c-0791-76ec-befc-003e33d4f5fe')]) AS x)
SELECT x, count() FROM (SELECT 1 AS x WHERE 0) GROUP BY x WITH ROLLUP
SELECT x, count() FROM (SELECT 1 AS x WHERE 0) GROUP BY x WITH CUBE
SELECT 1 AS a FROM numbers(3) GROUP BY ALL
SELECT 1 AS a, count() FROM numbers(3) WHERE 0 GROUP BY ALL
SELECT 5 AS a, number % 2 AS c, count() FROM numbers(3) GROUP BY a, c WITH ROLLUP ORDER BY c, 3
SELECT count() FROM (SELECT * FROM (SELECT arrayJoin([1, 1, 1, 2]) AS x) INTERSECT SELECT arrayJoin([1, 1, 3]))
SELECT x FROM (SELECT arrayJoin([1, 1, 1, 2]) AS x EXCEPT SELECT arrayJoin([1, 3])) ORDER BY x
SELECT x FROM (SELECT arrayJoin([1, 1, 1, 2]) AS x EXCEPT DISTINCT SELECT arrayJoin([1, 3])) ORDER BY x
SELECT [x] FROM (SELECT [arrayJoin([1, 1, 1, 2])] AS x EXCEPT SELECT [arrayJoin([1, 3])]) ORDER BY x
SELECT number FROM numbers(6) ORDER BY number LIMIT 1, 2 BY number % 2
SELECT max('a') OVER (ORDER BY n DESC RANGE BETWEEN 3 FOLLOWING AND 3 FOLLOWING) FROM (SELECT 0::UInt64 AS n)
SELECT n, groupArray(n) OVER (ORDER BY n RANGE BETWEEN 2 PRECEDING AND 1 PRECEDING) FROM (SELECT number::UInt8 AS n FROM numbers(4)) ORDER BY n
SELECT arrayMap(x -> x + number, [1]) AS c FROM numbers(2) GROUP BY c ORDER BY c
SELECT toDate('2025-01-01') AS a, addDays(toDate('2025-01-01'), number) AS b FROM numbers(2) GROUP BY a, b ORDER BY b
SELECT number AS a, number + 1 AS b, arrayMap(x -> x + number, [1]) AS c FROM numbers(2) GROUP BY a, b ORDER BY b
SELECT number % 2 AS k, sum(count()) OVER (ORDER BY k) FROM numbers(5) GROUP BY k ORDER BY k
SELECT arrayZip([1, 2], ['a', 'b']).2, arrayZip([1], [2]).1
SELECT a.n, b.n FROM (SELECT toInt32(number) AS n FROM numbers(2)) AS a JOIN (SELECT number AS n FROM numbers(3)) AS b ON a.n = b.n ORDER BY a.n
SELECT toDateTime('2025-01-01 00:00:00') = toDate32('2025-01-01'), toTypeName([toDateTime('2025-01-01 00:00:00'), toDate32('2025-01-01')]), greatest(toDateTime('2025-01-01 00:00:00'), toDate32('2025-01-02'))
SELECT toTypeName([toDateTime('2025-01-01 00:00:00'), toDateTime('2025-01-01 00:00:00', 'Asia/Tokyo')]), [toDateTime('2025-01-01 00:00:00', 'Asia/Tokyo'), toDateTime('2025-01-01 00:00:00')]
SELECT (0, NULL::Nullable(String)) < (1, 'b'), (1, NULL::Nullable(String)) = (2, 'b'), (1, NULL::Nullable(String)) = (1, 'b'), (1, NULL::Nullable(String)) <= (1, 'b'), (NULL::Nullable(Int8), 'a') != (1, 'b'), (1, NULL::Nullable(String)) != (2, 'b')
SELECT x FROM (SELECT arrayJoin([(NULL, 255), (3, 255), (NULL, 1), (100, 255)]) AS x) ORDER BY x
SELECT x FROM (SELECT arrayJoin([(NULL, 255), (3, 255), (NULL, 1), (100, 255)]) AS x) ORDER BY x DESC
SELECT nan > 1, nan < 1, nan = nan, nan != nan, 1 <= nan, sqrt(-1) > 1, sqrt(-1) != 1
SELECT number, (number - 1) / 0 > 5, number / 0 = 0, ln(number - 1.) < 3 FROM numbers(3) ORDER BY number
SELECT count() FROM (SELECT avg(number) AS a FROM numbers(3) WHERE 0) WHERE a > 5
SELECT toMonday(toDate('1970-01-01')), toStartOfWeek(toDate('1970-01-01')), date_trunc('week', toDate('1970-01-01')), toStartOfISOYear(toDate('1970-01-01'))
SELECT mapUpdate(map('a', 1, 'b', 2), map('a', 1)), mapUpdate(map('a', 1, 'b', 2, 'c', 3), map('z', 9, 'b', 7))
SELECT CASE x WHEN y THEN 'eq' ELSE 'no' END, CASE x WHEN NULL THEN 'n' WHEN 1 THEN 'one' ELSE 'e' END FROM (SELECT arrayJoin([NULL, 1]) AS x, x AS y)
SELECT n, min(s) OVER (ORDER BY n ROWS BETWEEN 1 FOLLOWING AND 1 FOLLOWING), max(s) OVER (ORDER BY n ROWS BETWEEN 1 PRECEDING AND 1 PRECEDING) FROM (SELECT number AS n, [NULL, 'x', 'y', NULL, NULL][number + 1] AS s FROM numbers(5)) ORDER BY n
SELECT toTypeName(true OR 1), toTypeName(1 AND true), toTypeName([true, 2]), [true, 2], toTypeName(if(number = 0, 2, true)), toTypeName(coalesce(toNullable(true), 5)) FROM numbers(1)
SELECT toTypeName(toDateTime64(toDateTime('2025-01-01 00:00:00', 'Asia/Tokyo'), 3)), toTypeName(toDateTime(toDateTime64('2025-01-01 00:00:00', 3, 'Asia/Tokyo'))), toDateTime64(toDateTime('2025-01-01 00:00:00', 'Asia/Tokyo'), 3)
SELECT JSONExtract(toNullable('x'), 'a', 'Int64'), JSONExtract(NULL::Nullable(String), 'a', 'Int64'), JSONExtract(toNullable('{"a":5}'), 'a', 'Int64'), JSONExtract(toNullable('x'), 'a', 'Nullable(Int64)')
SELECT arrayMap(x -> [x, x], []), toTypeName([[], []])
SELECT arrayEnumerateUniq(mapKeys(mapFilter((k, v) -> 1, map('a', 1)))) AS c, count() FROM numbers(3) WHERE 0 GROUP BY ALL
SELECT number FROM numbers(3) ORDER BY number LIMIT 1 BY mapValues(mapConcat(map('a', 1), map('zz', toInt64OrNull(toString(number)))))
SELECT number, lag(number) OVER (ORDER BY length(arraySort(x -> number, [[3]])), number DESC) FROM numbers(3) ORDER BY number
SELECT k, count() FROM (SELECT toInt32(number) AS k FROM numbers(3)) AS a LEFT SEMI JOIN (SELECT number AS k FROM numbers(5)) AS b USING k GROUP BY k ORDER BY k
SELECT has([1, -1]::Array(Int64), toUInt64(1)), countEqual([1, -1, 1]::Array(Int64), toUInt64(1)), indexOf([5, -1]::Array(Int64), toUInt64(9))
SELECT least(toInt64(1), toUInt64(2)), greatest(toInt64(-1), toUInt64(18446744073709551615))
SELECT x OR y, x AND y, x OR true, xor(x, y) FROM (SELECT toNullable(true) AS x, toNullable(false) AS y)
SELECT number % 2 AS a, countIf(number > 1) AS c FROM numbers(5) GROUP BY a HAVING arrayExists(x -> x = c, [1, 2]) ORDER BY a
SELECT number % 2 AS a, arrayExists(x -> x = a AND number > 1, [0, 1])::Bool AS b FROM numbers(4) GROUP BY a, b ORDER BY a, b
SELECT number / 0 AS x FROM numbers(2) ORDER BY x
SELECT toDecimal64(3, 1) IN (SELECT 0.5 / 0)
SELECT (1, NULL) IN ((1, NULL)), (1, NULL) IN ((1, 2)), (1, NULL) NOT IN ((1, 2)), (1, 2) IN ((1, NULL)), (1, 2) IN ((1, NULL), (1, 2)), (1, 2) NOT IN ((1, NULL))
SELECT number, (number, nullIf(number, 2)) IN ((1, 1), (2, 2)) AS a, (number, nullIf(number, 2)) NOT IN ((1, 1), (2, 2)) AS b FROM numbers(4) ORDER BY number
SELECT (1, NULL) IN (SELECT 1, NULL), (1, 2) IN (SELECT 1, 2), (1, NULL) IN (SELECT 1, 2)
