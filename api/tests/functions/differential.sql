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
SELECT 'x' AS c1, number % 3 AS k, count() AS c FROM numbers(9) GROUP BY c1, k ORDER BY c1, k
SELECT count() * 2 AS c, number % 5 AS k FROM numbers(50) GROUP BY k ORDER BY c, k DESC
SELECT c, k, count() FROM (SELECT count() * 2 AS c, number % 3 AS k FROM numbers(9) GROUP BY k) GROUP BY c, k ORDER BY c, k
SELECT DISTINCT c, k FROM (SELECT count() * 0 AS c, number % 3 AS k FROM numbers(9) GROUP BY k) ORDER BY c, k
SELECT upper(k) AS u, k, r FROM (SELECT toString(number % 3) AS k, row_number() OVER (ORDER BY number) AS r FROM numbers(6)) ORDER BY u, k, r
SELECT toDateTime(toDate('2020-01-01'), 'America/New_York') AS t UNION ALL SELECT toDate('2020-01-01')
SELECT CAST(toDate('2020-01-01'), 'DateTime(\'America/New_York\')'), [toDateTime('2020-01-01 01:00:00', 'America/New_York'), toDate('2020-01-01')], CAST(toDate32('2020-01-01'), 'DateTime64(3, \'Asia/Tokyo\')')
SELECT toDate('2020-01-01') = toDateTime('2020-01-01 00:00:00', 'America/New_York'), toDate32('2020-01-01') = toDateTime('2020-01-01 00:00:00', 'America/New_York'), toDate('2020-01-01') < toDateTime('2020-01-01 00:00:00', 'America/New_York')
SELECT toDateTime('2020-01-01 00:00:00', 'America/New_York') IN (toDate('2020-01-01')), greatest(toDate('2020-01-02'), toDateTime('2020-01-01 00:00:00', 'America/New_York'))
SELECT number AS n, count() OVER (PARTITION BY p ORDER BY number DESC RANGE BETWEEN 1 FOLLOWING AND 1 FOLLOWING) FROM (SELECT number, number IN (0, 1, 2, 4, 5, 6) AS p FROM numbers(7)) ORDER BY n
SELECT n, sum(n) OVER (ORDER BY n RANGE BETWEEN 2 PRECEDING AND 1 PRECEDING), avg(n) OVER (ORDER BY n RANGE BETWEEN 1 FOLLOWING AND 2 FOLLOWING), sum(n) OVER (ORDER BY n ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING) FROM (SELECT arrayJoin([0, 1, 2, 7, 8, 20, 21]) AS n) ORDER BY n
SELECT number, (SELECT count() FROM (SELECT number AS x, number % 2 AS p FROM numbers(4)) WHERE p = number % 2) FROM numbers(5) AS t ORDER BY number
SELECT number + 1 AS c1 FROM numbers(5) WHERE EXISTS (SELECT 1 FROM (SELECT number AS x FROM numbers(3)) WHERE x = c1) ORDER BY c1
SELECT n, EXISTS (SELECT 1 FROM (SELECT number AS x FROM numbers(3)) WHERE x = n) AS e, toTypeName(e) FROM (SELECT toNullable(number) AS n FROM numbers(5) UNION ALL SELECT NULL) ORDER BY n
SELECT n, NOT EXISTS (SELECT 1 FROM (SELECT number AS x FROM numbers(3)) WHERE x = n) AS e FROM (SELECT toNullable(number) AS n FROM numbers(5) UNION ALL SELECT NULL) ORDER BY n
SELECT count() FROM (SELECT number AS n FROM numbers(5)) WHERE EXISTS (SELECT 1 FROM (SELECT number AS x FROM numbers(3)) AS a JOIN (SELECT number AS y FROM numbers(3)) AS b ON a.x = b.y WHERE x = n) OR n = 4
SELECT count() FROM (SELECT number AS n FROM numbers(5)) WHERE EXISTS (SELECT x FROM (SELECT number AS x FROM numbers(3)) WHERE x = n AND n > 1)
SELECT count() FROM (SELECT number AS n FROM numbers(5)) WHERE EXISTS (SELECT x FROM (SELECT number AS x FROM numbers(3)) WHERE x = n GROUP BY x)
SELECT JSONType('', 'b') IN ('abc', ''), JSONType('', 'b') NOT IN ('abc')
SELECT arrayIntersect([toUInt64(1), 2], [toInt64(2), -1]) AS x, toTypeName(x), arrayIntersect([toUInt64(18446744073709551615)], [toInt64(-1)]), toTypeName(arrayIntersect([-1, 300], [toUInt32(300)])), toTypeName(arrayIntersect([toFloat32(1)], [toInt16(1)]))
SELECT toTypeName([CAST(1, 'Decimal(9, 2)'), toUInt8(1)]), toTypeName([CAST(1, 'Decimal(9, 2)'), toInt32(1)]), toTypeName([CAST(1, 'Decimal(9, 2)'), toInt64(1)]), toTypeName([CAST(1, 'Decimal(18, 4)'), toInt64(1)]), toTypeName([CAST(1, 'Decimal(5, 2)'), CAST(1, 'Decimal(7, 2)')]), toTypeName([CAST(1, 'Decimal(7, 2)'), CAST(1, 'Decimal(5, 1)')]), toTypeName(greatest(CAST(1, 'Decimal(5, 2)'), CAST(1, 'Decimal(7, 2)')))
SELECT k, toTypeName(k) FROM (SELECT toInt64(number) AS k FROM numbers(3)) AS t0 JOIN (SELECT toUInt64(number) AS k FROM numbers(2)) AS t1 USING (k) ORDER BY k
SELECT k, toTypeName(k) FROM (SELECT toUInt64(number) AS k FROM numbers(3)) AS t0 JOIN (SELECT toInt8(number) AS k FROM numbers(2)) AS t1 USING (k) ORDER BY k
SELECT toInt64OrNull(toFixedString('', 3)), toInt64OrNull(toFixedString('5', 3)), toInt64OrZero(toFixedString('5', 3)), toFloat64OrNull(toFixedString('', 3))
SELECT toDateTimeOrNull('1234567890.5'), toDateTimeOrNull('11000.5'), toDateTimeOrZero('1234.5'), toDateTimeOrNull('2020-01-01 00:00:00.5'), toDateTimeOrNull('12345'), toDateTimeOrNull(1), toDateTime64OrNull(5, 3)
SELECT toString(arrayAvg(emptyArrayInt64())), toString(arrayAvg(CAST([], 'Array(Float64)')))
SELECT true AS c1, count(true) AS c2 FROM numbers(3) GROUP BY c1 WITH CUBE
SELECT number % 2 AS a, number % 3 AS b, count() AS c, grouping(a), grouping(b) FROM numbers(6) GROUP BY a, b WITH CUBE ORDER BY grouping(a), grouping(b), a, b
SELECT arraySort(groupUniqArray([NULL, NULL][5])), arraySum(NULL), toTypeName(arrayReverse(NULL)), mapKeys(NULL), toStartOfDay(NULL)
SELECT quantileInterpolatedWeighted(0.5)(number % 3, 3), quantileInterpolatedWeighted(0.5)(number % 5, 1), quantileInterpolatedWeighted(0.25)(number, number + 1) FROM numbers(10)
SELECT arrayMap(x1 -> toDate('2024-02-29') - x1, []), arrayMap(x1 -> x1 + 1, []), toTypeName(arrayMap(x1 -> 1 - x1, []))
SELECT greatest(toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0'), toUUID('019b399e-4db7-7eae-9a5f-d7d804ae09ae')), least(toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0'), toUUID('019b399e-4db7-7eae-9a5f-d7d804ae09ae'))
SELECT least(0.5, nan), greatest(0.5, nan), least(nan, 0.5), greatest(nan, 0.5), least(1, nan), max2(1, nan), min2(nan, 1), greatest(1, NULL, 3)
SELECT formatReadableQuantity(1e300), formatReadableSize(1e300), formatReadableQuantity(-1e70)
SELECT isNotNull(arrayMap((x1, y2) -> '', [''], [1, 2, 3])), isNull(1), isNull(toNullable(1))
SELECT sumIfOrNull(0, NULL), toTypeName(sumIf(1, NULL)), toTypeName(sumIfOrNull(number, NULL)), toTypeName(sumIf(NULL, 1)) FROM numbers(1)
SELECT toDecimal64(if(1, toDecimal64(1, 3), toDecimal64(3, 1) / toDecimal64('0.5', 2)), 4), multiIf(1, '', 1, arrayFold((acc1, x2) -> x2, JSONExtractKeys(toNullable('')), ''), ''), if(0, length(1), 'b')
SELECT toTypeName(arrayTopK(5, [CAST(NULL, 'Nullable(Int64)'), 0])), arrayTopK(5, [CAST(NULL, 'Nullable(Int64)'), 0, 4])
SELECT toDateTime(100000000) - greatest(toDateTime(100000000), toDate32('1980-06-01')), toTypeName(toDateTime(1) - toDateTime64(2, 3)), toDateTime64('1970-01-01 00:00:05.5', 1) - toDateTime(2)
SELECT a, (SELECT maxArray([5])) AS m FROM (SELECT number AS a FROM numbers(3)) ORDER BY a WITH FILL TO 5
SELECT a FROM numbers(1) ARRAY JOIN []::Array(JSON) AS a
SELECT toTypeName(greatest(CAST((0, ''), 'Tuple(a Int64, b String)'), (1, toNullable(''))))
SELECT max(if(nb IS TRUE, b, nb)) FROM (SELECT CAST([true, false, true, true], 'Array(Bool)')[number + 1] AS b, CAST([true, NULL, false], 'Array(Nullable(Bool))')[number + 1] AS nb FROM numbers(1))
SELECT number AS n, cosineDistance(au, au) AS c FROM (SELECT number, CAST([[1, 2], [255, 0, 3]], 'Array(Array(UInt8))')[number + 1] AS au FROM numbers(2)) ORDER BY n
SELECT arrayFilter(x1 -> (i8, w) IN ((4, 'a'), (2, 'b')), ['']) AS c2 FROM (SELECT toInt8(number) AS i8, 'a' AS w FROM numbers(5)) GROUP BY c2 ORDER BY c2
SELECT count() FROM (SELECT arrayJoin([1, 2, -1]) AS a) AS t0 JOIN (SELECT arrayJoin([NULL, true]) AS b) AS t1 ON toBool(t0.a) = (false AND t1.b)
SELECT count() FROM (SELECT arrayJoin([1, 2, -1]) AS a) AS t0 JOIN (SELECT arrayJoin([5, 6]) AS b) AS t1 ON t0.a = if(1, 2, t1.b)
SELECT count() FROM (SELECT arrayJoin([1, 2, -1]) AS a, 1 AS k) AS t0 JOIN (SELECT arrayJoin([5, 6]) AS b, 1 AS k) AS t1 ON t0.k = t1.k AND t0.a = if(1, 2, t1.b)
SELECT intDivOrZero(-1, 255), intDiv(-1, 255), intDiv(toUInt8(200), toInt32(12)), intDiv(toInt64(2), toUInt64(18446744073709551615)), intDiv(toUInt64(18446744073709551615), toInt64(20)), intDiv(-7, 2)
SELECT true != toDecimal64(3, 1), CAST('b', 'Enum8(\'a\' = 1, \'b\' = 2)') >= 0.5, CAST('b', 'Enum8(\'a\' = 1, \'b\' = 2)') = 2
SELECT CAST((0, toFixedString('', 3)), 'Tuple(Int64, String)'), CAST([toFixedString('a', 3)], 'Array(String)'), CAST(map('a', toFixedString('a', 3)), 'Map(String, String)')
SELECT t0.au, t0.m, t0.j FROM (SELECT [1] AS au, map('a', 1) AS m, 5 AS j) AS t0 RIGHT JOIN (SELECT 1 AS one) AS t1 ON (0) SETTINGS join_use_nulls = 1
SELECT t0.au, toTypeName(t0.au), t0.j, toTypeName(t0.j) FROM (SELECT [1] AS au, 5 AS j, 3 AS k) AS t0 RIGHT JOIN (SELECT 4 AS k) AS t1 ON t0.k = t1.k SETTINGS join_use_nulls = 1
SELECT (number, number) = (toInt64(0), toUInt8(1)), toTypeName((number, number) = (toInt64(0), toUInt8(1))), toTypeName((number, 1) = (toInt64(0), toNullable(1))) FROM numbers(1)
SELECT arrayReverseFill(x2 -> CAST(NULL, 'Nullable(String)') = x2::String, [CAST(NULL, 'Nullable(Int64)')])
SELECT number, arrayMap(x -> EXISTS (SELECT 1 FROM (SELECT number AS i_n FROM numbers(3)) WHERE i_n = number), [1]) FROM numbers(5) AS t ORDER BY number
SELECT arraySort(arrayIntersect(CAST([1, NULL], 'Array(Nullable(Int32))'), [toUInt64(1)]))
SELECT empty(toFixedString('', 3)), notEmpty(toFixedString('', 3)), length(toFixedString('', 3)), empty(toFixedString('a', 3))
SELECT arrayDifference([inf, 0.5]), arrayDifference([nan, 1]), toString(L1Norm(emptyArrayFloat64())), toString(dotProduct(emptyArrayFloat64(), emptyArrayFloat64()))
SELECT [CAST('1.00', 'Decimal(10,2)'), CAST('9999999999.00', 'Decimal(12,2)')]
SELECT x FROM (SELECT CAST('1.00', 'Decimal(10,2)') AS x UNION ALL SELECT CAST('9999999999.00', 'Decimal(12,2)')) ORDER BY x
SELECT if(number = 1, CAST('1.00', 'Decimal(10,2)'), CAST('9999999999.00', 'Decimal(12,2)')) AS x, sum(x) OVER () FROM numbers(2) ORDER BY x
SELECT CAST(123456, 'Decimal(5,2)'), CAST('123456', 'Decimal(5,2)'), CAST('1.00', 'Decimal(10,2)') = CAST('9999999999.00', 'Decimal(12,2)')
SELECT CAST(12345678901, 'Decimal(5,2)')
SELECT toDecimal32('12345678.9', 2)
SELECT count() FROM (SELECT 1 AS id, 5 AS n) AS t WHERE EXISTS (SELECT 1 FROM (SELECT 1 AS id) AS u WHERE u.id = t.id AND n > 1)
SELECT n, (SELECT max(x) FROM (SELECT number AS x FROM numbers(3)) WHERE x = n) AS m, count() FROM (SELECT number AS n FROM numbers(5)) GROUP BY n ORDER BY n
SELECT intDiv(number - 3, 2), intDiv(toInt32(number) - 3, 255), intDiv(-7, number + 1) FROM numbers(4)
SELECT d, toDateTime(d, 'Asia/Tokyo'), toDateTime64(d, 3, 'America/New_York') FROM (SELECT toDate('2020-01-01') + number AS d FROM numbers(3)) ORDER BY d
SELECT number % 2 AS k, arraySort(groupArray(number)) AS all, max(toFloat64(number)), argMax('', number) FROM numbers(3) WHERE number > 10 GROUP BY k WITH ROLLUP ORDER BY k
SELECT number % 2 AS k, groupArrayIf(number, number > 10) AS some, maxIf(toFloat64(number), number < 10) AS most FROM numbers(3) GROUP BY GROUPING SETS ((k), ()) ORDER BY k, most
SELECT [0, arrayMax([])] AS a, toTypeName(a), toTypeName(arrayMin([])), groupArrayIf(arrayMax(x -> x, []), 0), CAST(arrayMax([]), 'Nullable(UInt8)')
SELECT arrayMax([])
SELECT 1 FROM (SELECT arrayFirst(x -> 1, []) AS a)
SELECT clamp(nan, 4, 10), clamp(nan, 4.5, 10), clamp(5, 1, nan), clamp(materialize(nan), 4, 10)
SELECT clamp(5, nan, 10)
SELECT least(10, nan), least(nan, 10), greatest(10, nan), least(4, nan, 5), greatest(4, nan, nan), least(materialize(4), nan, 5), greatest(5, 4, materialize(nan))
SELECT bitNot(max2(0, 0)), bitNot(-2.7), bitNot(toFloat32(3)), bitNot(nan), bitNot(1e19), bitNot(toFloat32(3e9)), bitHammingDistance(1.5, -1), bitHammingDistance(1e300, toFloat32(1))
SELECT bitNot(number / 3), bitNot(toFloat32(number) * 1e9) FROM numbers(5)
SELECT a, toTypeName(a), a IS NULL, a.1, toTypeName(a.1), a = (1, 'a'), a < (1, 'b'), a IN ((1, 'a')), count(a), max(a), groupArray(a) FROM (SELECT 1 AS one) AS t0 LEFT JOIN (SELECT (1, 'a') AS a, 2 AS k) AS t1 ON t0.one = t1.k GROUP BY a SETTINGS join_use_nulls = 1
SELECT one FROM (SELECT 1 AS one) AS t0 LEFT JOIN (SELECT (1, 'a') AS a, 2 AS k) AS t1 ON t0.one = t1.k WHERE a < (1, 'b') SETTINGS join_use_nulls = 1
SELECT x, x.1, x < (1, 1), x != (0, 1), x = x, ifNull(x, (7, 7)), toString(x), x + (1, 2), -x, x * 2, tupleConcat(x, x) FROM (SELECT number, if(number = 0, NULL, (number % 2, 5)) AS x FROM numbers(3)) ORDER BY number
SELECT any(x), min(x), max(x), groupArray(x), argMin(x, number), argMax(number, x), uniq(x) FROM (SELECT number, if(number = 0, NULL, (number % 2, 5)) AS x FROM numbers(3))
SELECT nullIf((1, 'a'), (1, 'a')) AS x, toTypeName(x), [(1, 2), NULL] AS y, toTypeName(y), (SELECT (1, 2) WHERE 0) AS z, toTypeName(z), toTypeName(toNullable((1, 2)))
SELECT addMilliseconds(toDateTime64('2025-01-15 10:20:30.5', 3), arrayJoin([1748000000000000, 0, 100000000000000, 9000000000000000])) AS t, toYear(t), toHour(t), date_trunc('hour', t), date_trunc('day', t), toDate32(t)
SELECT addYears(t, 9000), addYears(t, -9000), addMonths(t, 96000), addMonths(t, -24003), addWeeks(t, 10000000), addDays(t, -10000000), addHours(t, 1000000000), t - INTERVAL 3000 YEAR FROM (SELECT toDateTime64('2000-02-29 10:00:00.5', 3) AS t)
SELECT addYears(toDate32('9990-01-01'), number * 5), addDays(toDate32('9999-12-01'), number * 20), addMonths(toDate32('0001-01-01'), -10 * toInt32(number)), toDateTime64(number * 100000000000, 3), toDateTime64(number * -1e11, 3) FROM numbers(4)
SELECT toDateTime64(1e15, 3), toDateTime64(-1e15, 6), toDateTime64(10000000000, 9), addMicroseconds(toDateTime64('2000-01-01 00:00:00', 3), 1000000000000000000)
SELECT addMilliseconds(toDateTime64('2025-01-15 10:20:30.5', 3), 9223372036854775807)
SELECT * FROM (SELECT JSONType('', 'b') AS c UNION ALL SELECT toFixedString('a', 3) AS c) ORDER BY c
SELECT * FROM (SELECT toFixedString('a', 3) AS c EXCEPT SELECT CAST('a', 'Enum8(\'a\' = 1)') AS c)
SELECT * FROM (SELECT toFixedString('a', 3) AS c UNION ALL SELECT toFixedString('b', 4) AS c) ORDER BY c
SELECT [CAST('a', 'Enum8(\'a\' = 1)'), toFixedString('a', 3)], [CAST('a', 'Enum8(\'a\' = 1)'), CAST('b', 'Enum16(\'b\' = 2)')], [CAST('a', 'Enum8(\'a\' = 1)'), CAST('b', 'Enum8(\'b\' = 2)'), 'c'], [CAST('a', 'Enum8(\'a\' = 1)'), 5]
SELECT CAST('a', 'Enum8(\'a\' = 1)') < CAST('b', 'Enum16(\'b\' = 4)'), hasAny([CAST('a', 'Enum8(\'a\' = 1)')], [CAST('b', 'Enum8(\'b\' = 1)')])
SELECT length(if(number = 1, 'b', toFixedString('a', 3))), length(if(number = 1, toFixedString('b', 4), toFixedString('a', 3))), length(multiIf(number = 1, 'b', number = 2, 'c', toFixedString('a', 3))), length(ifNull(nullIf(toString(number), '0'), toFixedString('a', 3))), if(number = 1, CAST('a', 'Enum8(\'a\' = 1)'), toFixedString('a', 3)) FROM numbers(2)
SELECT 0 = nullIf(toDecimal64(3, 1), toDecimal64(3, 1)) / toDecimal64('0.5', 2) AS x, CAST(NULL, 'Nullable(Decimal(18, 1))') / toDecimal64('0.5', 2) AS y, toTypeName(y)
SELECT toDecimal64(3, 1) / nullIf(toDecimal64('0.5', 2), toDecimal64('0.5', 2))
SELECT arrayFold((acc, x) -> acc, au, toInt64(4)) AS c FROM (SELECT [1] AS au) GROUP BY ALL HAVING [''] = CAST(arrayMap(x -> c, range(0)), 'Array(String)')
SELECT arrayMap(x -> x + 1, au) AS c, arrayMap(x -> (x, c), [5]), arrayMap(x -> (x + 1 AS y) + y, [5]) FROM (SELECT [1] AS au) GROUP BY c
SELECT n, sum(x) OVER w AS a, avg(x) OVER w AS b, sumIf(x, n > 1) OVER (ORDER BY n ROWS 2 PRECEDING) AS c, avg(x) OVER (ORDER BY n ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS d FROM (SELECT number AS n, nullIf([1e20, 1, 2, 3, inf, 5, 6, 7][number + 1], 3) AS x FROM numbers(8)) WINDOW w AS (ORDER BY n ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) ORDER BY n
SELECT n, avg(x) OVER (ORDER BY n ROWS BETWEEN 1 FOLLOWING AND 1 FOLLOWING) AS a FROM (SELECT number AS n, toDecimal64(['99999.9999', '0', '100.0001', '-0.5'][number + 1], 4) AS x FROM numbers(4)) ORDER BY n
SELECT (SELECT 1 AS a, 'x' AS b) AS x, (SELECT number, 'x' AS t FROM numbers(0)) AS y, toTypeName(y), (1, 'x') = (SELECT 1, 'x'), (SELECT 1, 'x').1
SELECT upper(toFixedString('a', 3)) AS x, toTypeName(x), lower(toFixedString('A', 2)) AS y, toTypeName(tuple(y)), reverse(toFixedString('abc', 3)) AS z, toTypeName(z), toTypeName(upper(materialize(toNullable(toFixedString('a', 3)))))
SELECT intDiv(toDecimal64('7.77', 2), toDecimal64('-0.5', 1)) AS a, toTypeName(a), intDiv(toInt8(-7), toDecimal32('0.55', 2)) AS b, toTypeName(b), intDivOrZero(toDecimal32(7, 2), toDecimal32(0, 1)) AS c, toTypeName(c), intDiv(CAST(NULL, 'Nullable(Decimal(18, 1))'), toDecimal64('0.5', 2)) AS d, toTypeName(d)
SELECT intDiv(toDecimal64(3, 1), toDecimal64('0.5', 2))
SELECT [toNullable((1, 'a')), NULL].1 AS x, toTypeName(x), tupleElement([toNullable((1, [2])), NULL], 2) AS y, toTypeName(y)
SELECT * FROM (SELECT 5 AS a, count() AS c FROM numbers(3)) WHERE a = 6
SELECT * FROM (SELECT 5 AS a, number % 2 AS k, count() AS c FROM numbers(3) GROUP BY GROUPING SETS ((k), ())) WHERE a = 6
SELECT * FROM (SELECT 5 AS a, number % 2 AS k, count() AS c FROM numbers(3) GROUP BY GROUPING SETS ((k), ())) WHERE a = 5 AND k = 0 ORDER BY c
WITH cte AS (SELECT toDate('2025-01-15') AS c1, sum(number) AS c2 FROM numbers(2) GROUP BY ALL) SELECT c1, c2 FROM cte WHERE c1 < c1
SELECT CAST('2489651045', 'Nullable(Int32)'), CAST(materialize('2489651045'), 'Nullable(Int32)'), CAST('2489651045', 'Int32'), CAST(materialize('-1'), 'Nullable(UInt8)'), CAST(materialize('127'), 'Nullable(Int8)')
SELECT dateDiff('day', toDate('2024-02-29'), toDateTime('2024-02-29 00:00:00', 'Europe/Berlin')), age('day', toDate('2024-02-28'), toDateTime('2024-02-29 00:00:00', 'Europe/Berlin'))
SELECT t.1.2, x.t.1.1 + 1, ((1, 2), 3).1.1, [((1, 2), 3)][1].1.2, (t.1).1, u.1.2.1 FROM (SELECT ((1, 2), 3) AS t, ((1, (5, 6)), 3) AS u) AS x
SELECT x IS NOT TRUE, x IS TRUE, x IS FALSE, x IS NOT FALSE, x FROM (SELECT nullIf(number, 1) AS x FROM numbers(4)) ORDER BY x
SELECT 2 IS TRUE, 0.5 IS TRUE, toDecimal32(1, 2) IS TRUE, NULL IS NOT TRUE, (2 = 2) IS TRUE, true IS TRUE
SELECT max(map('k', x)), min(map('k', x)), maxIfOrDefault(map('k', x, 'a', ''), 1), argMax(x, map('k', x)), arraySort(groupArray(map('k', x))) FROM (SELECT arrayJoin(['', 'bad', 'a']) AS x)
SELECT toTypeName(CAST((2, [('', 1)]), 'Tuple(a Int64, b Array(Tuple(c String, d UInt8)))')), toTypeName((1, map('a', CAST(tuple(2), 'Tuple(a Int64)')))), toTypeName(toNullable(CAST((2, ''), 'Tuple(a Int64, b String)'))), toTypeName(CAST((2, ''), 'Tuple(`a, b` Int64, `c(` String)')), CAST((2, ''), 'Tuple(`a, b` Int64, `1` String)')
SELECT toRelativeHourNum(t), toRelativeMinuteNum(t), toRelativeSecondNum(t), toRelativeDayNum(t), toRelativeHourNum(t, 'Asia/Kolkata'), toRelativeMinuteNum(t, 'Asia/Kolkata'), toRelativeHourNum(t, 'Asia/Tokyo'), toRelativeHourNum(toDate('2025-01-15')) FROM (SELECT toTimeZone(toDateTime(100000000), 'America/New_York') AS t)
SELECT c4 FROM (SELECT 0 AS c3, number AS c4 FROM numbers(3) GROUP BY ALL ORDER BY c3) AS q WHERE NOT EXISTS (SELECT 1 FROM (SELECT number AS i_n FROM numbers(3)) WHERE i_n = c3)
SELECT dateDiff('hour', a, b), dateDiff('minute', a, b), dateDiff('second', a, b), dateDiff('day', a, b), age('hour', a, b), age('second', a, b), dateDiff('hour', a, b, 'Asia/Kolkata'), dateDiff('millisecond', toDateTime64(a, 3), toDateTime64(b, 3)) FROM (SELECT toDateTime('2025-03-29 23:00:00', 'Europe/Berlin') AS a, toDateTime('2025-03-30 12:00:00', 'Europe/Berlin') AS b)
SELECT CAST(t, 'DateTime64(1)') AS a, toTypeName(a), CAST(t, 'DateTime') AS b, toTypeName(b), CAST(t AS Nullable(DateTime64(3))) AS c, toTypeName(c), t::DateTime64(3, 'UTC') AS d, toTypeName(d) FROM (SELECT toDateTime64('2024-02-29 00:00:00', 3, 'Europe/Berlin') AS t)
SELECT toDateTime('2024-01-01 00:00:00') + INTERVAL nullIf(number, 1) DAY AS x, toTypeName(x), toBool(NULL) FROM numbers(3)
SELECT toDateTime('2024-01-01 00:00:00') + INTERVAL NULL DAY AS x, toTypeName(x)
SELECT toJSONString(toTimeZone(toDateTime('2024-01-01 00:00:00', 'UTC'), 'Asia/Tokyo')), toJSONString([toFloat32(1.1)])
SELECT if(1, 'a', throwIf(1)), if(0, throwIf(1), 'a'), multiIf(1, 1, 0, throwIf(1), 300)
SELECT CASE WHEN 1 THEN 1 ELSE intDiv(300, 0) END, CASE WHEN 1 THEN 1 WHEN 0 THEN length(3) ELSE 300 END
SELECT mapUpdate(map('a', 1), map('b', 300))
SELECT if(1, map('a', 1), mapUpdate(map('a', 1), map('b', 300)))
SELECT if(1, (2, ''), (arrayMap(x -> intDiv(x, 0), [1])[1], 'x')), if(0, toUInt8(0), CAST(number, 'Bool')), if(1 IN (2), true, toNullable(number = 0)) FROM numbers(1)
SELECT '' < JSONType('{"b":1}', 'b'), 'zzz' > JSONType('{"b":1}', 'b'), JSONType('{"b":1}', 'b') > concat('Int', '32'), JSONType('{"b":1}', 'b') < toNullable('')
SELECT JSONType('{"b":1}', 'b') = toFixedString('Int64', 5), JSONType('{"b":1}', 'b') = toFixedString('Int64', 6), JSONType('{"b":1}', 'b') > 'String'
SELECT if(number = 0, NULL, JSONType('{"b":1}', 'b')) > 'zz' FROM numbers(2)
SELECT (1, JSONType('{"b":1}', 'b')) < (1, 'b'), (1, JSONType('{"b":1}', 'b')) > (1, 'Array'), (1, JSONType('{"b":1}', 'b')) > (1, JSONType('{"b":"x"}', 'b')), (1, JSONType('{"b":1}', 'b')) >= (1, 'Int64')
SELECT [JSONType('{"b":1}', 'b')] < [JSONType('{"b":"x"}', 'b')], (1, toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0')) < (1, toUUID('51f0c404-5cb3-11e7-a07b-a6006ad3dba0'))
SELECT arraySort([JSONType('', 'b'), JSONType('{"b":1}', 'b')]) AS s, arrayMax(s), arrayMin(s), arrayReverseSort(s)
SELECT arraySort([toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0'), toUUID('51f0c404-5cb3-11e7-a07b-a6006ad3dba0')]) AS s, arrayMax(s), arraySort(x -> x, s)
SELECT cityHash64(CAST('a', 'Enum8(\'a\' = 1)')), sipHash64(CAST('a', 'Enum8(\'a\' = 1)'))
SELECT sum(CAST('b', 'Enum8(\'a\' = 1, \'b\' = 5)')), sumKahan(CAST('b', 'Enum8(\'a\' = 1, \'b\' = 5)')), sumWithOverflow(CAST('b', 'Enum8(\'a\' = 1, \'b\' = 5)'))
SELECT toUInt64OrDefault(JSONType('{"b":1}', 'b'), toUInt64(4)), toDateOrDefault(JSONType('', 'b'), toDate('2024-01-01'))
SELECT number, count() OVER (ORDER BY if(number < 2, nan, 0 / (number % 2)) NULLS FIRST, number % 2 DESC) FROM numbers(6) ORDER BY number
SELECT toDate('2024-01-01') + toIntervalWeek(NULL), toDateTime('2024-01-01') - toIntervalHour(NULL), toIntervalDay(NULL)
SELECT date_add(toDate('2024-01-01'), INTERVAL nullIf(number, 1) DAY) FROM numbers(3)
SELECT hex(leftPadUTF8(substring('äöü', 2, 3), 5)), hex(leftPadUTF8(substring('äöü', 2, 3), 1)), hex(rightPadUTF8(substring('äöü', 2, 1), 2, 'x'))
SELECT avg(d), avg(e), avg(f) FROM (SELECT toDate('2024-01-01') + number AS d, toDate('2024-01-02') + number AS e, toDate32('1960-01-01') + number AS f FROM numbers(2))
SELECT avg(d), avg(e), avg(f) FROM (SELECT toDateTime('2024-01-01 00:00:00') + number AS d, toDateTime64('2024-01-01 00:00:00.122', 9) + toIntervalNanosecond(number) AS e, toDateTime('2024-01-01 00:00:00', 'Asia/Tokyo') + number AS f FROM numbers(4))
SELECT avgIf(d, 0), avgOrNull(d), avgArray([d]), avgDistinct(toDate32(d)), avg(if(d < '2030-01-01', NULL, d)) FROM (SELECT toDate('2000-01-01') + number AS d FROM numbers(2))
SELECT avg(toDateTime('2024-01-01 00:00:00') + number) OVER (ORDER BY number ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM numbers(4)
SELECT CAST([1, 2], 'Dynamic') = '[1,2]', CAST([1, 2], 'Dynamic') < '[1,3]'
SELECT e FROM (SELECT CAST('a', 'Enum8(\'a\' = 1)') AS e UNION ALL SELECT CAST('b', 'Enum8(\'b\' = 1)') UNION ALL SELECT toFixedString('c', 3)) ORDER BY toString(e)
SELECT '0' AS a EXCEPT SELECT 0
SELECT a FROM (SELECT '2024-01-01' AS a UNION ALL SELECT toDateTime('2024-01-02 00:00:00')) ORDER BY toString(a)
SELECT a FROM (SELECT '[1,2]' AS a UNION ALL SELECT [3]) ORDER BY toString(a)
SELECT a FROM (SELECT '+5' AS a UNION ALL SELECT 1 UNION ALL SELECT ' 5') ORDER BY toString(a)
SELECT CAST('0', 'Variant(String, UInt8)'), CAST('x', 'Variant(String, UInt8)')
SELECT if(1, 'a', toString(number)) AS c1, count() FROM numbers(3) WHERE 0 GROUP BY ALL
SELECT upper(if(0, toString(number), 'abc')) AS c1, count() FROM numbers(3) GROUP BY c1 WITH TOTALS
SELECT number % 2 = 0 OR true AS c1 FROM numbers(3) GROUP BY 1 WITH TOTALS
SELECT arrayMap(y -> toDate('2024-02-29') + y, [toInt8(1), toUInt64(300)]), arrayMap(y -> y + 1, [toInt8(1), toUInt64(300)]), arrayMap(y -> y * 1.5, [toInt8(1), toUInt64(300)])
SELECT toDateTime(100000000) > 0.5, toDateTime(5) = toNullable(5.0), toDateTime(5) < -1, toDateTime64('1970-01-01 00:00:01.5', 3) > 1.25, toDateTime64('1970-01-01 00:00:01.5', 1) >= -2.25
SELECT NOT NULL, xor(NULL, 1)
SELECT [1, 2] / 2, [[1]] * 0.5, 2 * [[3]], [1] + [2], [[1]] - [[3]]
SELECT [1, 2] + [3]
SELECT [1] * [2]
SELECT [1, NULL] * 2
SELECT CAST([NULL, 1]::Array(Nullable(Int64)), 'Array(Int64)')
SELECT CAST((['red'], [CAST(NULL, 'Nullable(Int64)')]), 'Map(String, Int64)')
SELECT age('week', toDateTime('2025-01-16 00:00:00'), toDateTime('2025-01-16 00:00:00') - toIntervalHour(number * 7)) FROM numbers(60)
SELECT intDivOrZero(1, toInt32(2147483647)), intDiv(1, toInt32(-256)), intDiv(toUInt8(200), toInt32(-1)), intDiv(toInt8(-100), toUInt8(200)), intDiv(toInt8(3), toUInt32(255))
SELECT hex(arrayStringConcat([toFixedString('a', 3), toFixedString('b', 3)], ',')), hex(groupConcat(',')(toFixedString('a', 3)))
SELECT mapValues(mapSort(mapConcat(map('a', 1, 'zz', 1), map('zz', 0)))), mapValues(mapReverseSort(mapConcat(map('a', 1, 'zz', 1), map('zz', 0))))
SELECT arrayMap(x -> arrayPushBack([], x), []), arrayMap(x -> has([1], x), []), arrayMap(x -> isNull(x), []), arrayMap(x -> coalesce(x, 1), []), arrayMap(x -> [x], []), arrayMap(x -> (x, 1), [])
SELECT toTypeName(arrayResize([], 5, toInt32(1))), arrayResize([], 2, toInt32(1))
SELECT 1 = 0::String, toUInt8(1) = concat('0', '1')
SELECT 1 IN (SELECT 'x'), toDate('2024-01-01') IN (SELECT 'x'), 1 IN (SELECT '1')
SELECT number AS k, min(if(1, number, 5)) AS a, min(number) AS b FROM numbers(2) GROUP BY k WITH ROLLUP ORDER BY k, a
SELECT number FROM numbers(2) WHERE materialize('zzz') > CAST('b', 'Enum8(\'a\' = 1, \'b\' = 2)')
SELECT materialize(CAST('a', 'Nullable(String)')), toTypeName(materialize(1)), materialize([1, 2])[1], isConstant(materialize(1)), isConstant(1)
SELECT CASE WHEN 1 THEN 'a' ELSE toString(number) END AS c FROM numbers(3) WHERE 0 GROUP BY ALL
SELECT if(1, 'a', toString(number)) AS c FROM numbers(3) WHERE 0 GROUP BY ALL
-- A NULL in an array comes last in an ORDER BY with LIMIT, too, also where it comes first in the rows.
SELECT [nullIf(number < 20000, 1) + number] AS c1 FROM numbers(30000) ORDER BY c1 LIMIT 2;
-- Sums of large integers are exact in avg.
SELECT avg(i64) FROM (SELECT CAST([-9223372036854775808, -3, 0, 2, 5, 42, 1000000007, 9223372036854775807, 9], 'Array(Int64)')[(number + 1) % 9 + 1] AS i64 FROM numbers(24));
SELECT number, avg(x) OVER (ORDER BY number ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM (SELECT number, nullIf(number, 3) AS x FROM numbers(6)) ORDER BY number;
SELECT number % 3 AS k, avg(number), avg(nullIf(number, 3)) FROM numbers(10) GROUP BY k ORDER BY k;
SELECT avg(number), avg(nullIf(number, 3)) FROM numbers(0);
-- Text that is no name of an Enum may be the number of one.
SELECT CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2)') = '1', CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2)') < '2', CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2)') = '3', CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2)') IN ('1'), CAST('1', 'Enum8(\'a\' = 1, \'b\' = 2)');
SELECT JSONType('', 'b') != '0', JSONType('', 'b') = toString(0);
SELECT CAST(materialize('1'), 'Enum8(\'a\' = 1, \'b\' = 2)');
SELECT CAST('1', 'Enum8(\'a\' = 1, \'1\' = 2)');
-- A lambda, a padded text, and coalesce beside a column are computed for each row: keys of GROUP BY ALL.
SELECT if(arrayExists(x1 -> 1, [1, NULL]), 1, 2) AS c1, count() FROM numbers(2) WHERE 0 GROUP BY ALL;
SELECT leftPad('a', 3, 'x') AS c1, count() FROM numbers(2) WHERE 0 GROUP BY ALL;
SELECT coalesce(1, number) AS c1, count() FROM numbers(2) WHERE 0 GROUP BY ALL;
SELECT coalesce(NULL, 2) AS c1, count() FROM numbers(2) WHERE 0 GROUP BY ALL;
SELECT leftPad('a', 3) AS c1, count() FROM numbers(2) GROUP BY c1 WITH ROLLUP ORDER BY c1;
-- Bool and UInt8 in branches that are computed in advance.
SELECT if(0, JSONExtractBool('', 'a'), CAST(0, 'Bool')), if(0, 0, CAST(0, 'Bool')), 0 ? true : 1 > 2;
-- What answers for an item that there is not.
SELECT isZeroOrNull(arrayElement([], 5)), isNullable(arrayElement([], 5)), toTypeName(toNullable(arrayElement([], 5)));
SELECT age('week', toDateTime('2025-01-16 00:00:00'), toDateTime64('2000-01-01 00:00:00.001', 3)), age('week', toDateTime('2025-01-15 10:20:30'), toDateTime64('2000-01-01 00:00:00.001', 3));
-- What ORDER BY does not need is computed for the rows of the LIMIT only.
SELECT intDiv(1, number) AS x FROM numbers(3) ORDER BY number DESC LIMIT 1;
SELECT number, intDiv(10, number) AS x, toString(number) AS s FROM numbers(4) ORDER BY number DESC LIMIT 2, 1;
SELECT intDiv(10, number) AS x, number AS n FROM numbers(4) ORDER BY n DESC LIMIT 2 OFFSET 1;
SELECT intDiv(10, a), intDiv(a, 2) AS n FROM (SELECT number AS a, number + 1 AS b FROM numbers(4)) ORDER BY n DESC, a DESC LIMIT 3;
SELECT a + b, n FROM (SELECT number AS a, number + 1 AS b, 9 - number AS n FROM numbers(9)) ORDER BY n LIMIT 2;
SELECT k, intDiv(10, sum(v)) FROM values('k String, v UInt8', ('a', 0), ('b', 5), ('c', 2)) GROUP BY k ORDER BY k DESC LIMIT 2;
SELECT number % 3 AS g, intDiv(10, number) FROM numbers(1, 9) ORDER BY g, number LIMIT 1 BY g LIMIT 2;
SELECT arrayMap(x -> intDiv(x, number), [1, 2]) AS q FROM numbers(3) ORDER BY number DESC LIMIT 2;
SELECT q FROM (SELECT intDiv(10, number) AS q FROM numbers(5) ORDER BY number DESC LIMIT 3) WHERE q > 2;
SELECT (SELECT 7) + number AS x, toDate('2024-01-01') + number AS d FROM numbers(3) ORDER BY number DESC LIMIT 2;
SELECT intDiv(6, number - 1) AS x, sum(x) OVER () AS s FROM numbers(2, 3) ORDER BY number DESC LIMIT 2;
SELECT number / 2 AS h, intDiv(6, number) AS q FROM numbers(4) ORDER BY h DESC LIMIT 3;
SELECT DISTINCT intDiv(6, number) AS q FROM numbers(1, 4) ORDER BY q DESC LIMIT 2;
SELECT toString(number) AS s, s || '!' AS t FROM numbers(12) ORDER BY s DESC LIMIT 3;
SELECT a.number, intDiv(4, b.number) AS q FROM numbers(3) AS a JOIN numbers(3) AS b ON a.number = b.number ORDER BY a.number DESC LIMIT 2;
SELECT number % 2 AS k, intDiv(4, count()) AS c FROM numbers(5) GROUP BY k WITH TOTALS ORDER BY k DESC LIMIT 1;
SELECT intDiv(1, number) AS x FROM numbers(3) ORDER BY ALL LIMIT 1;
-- An aggregate with a condition over an aggregate of no rows.
SELECT sumIf(0, c1 != '') AS c2 FROM (SELECT min('a') AS c1 FROM numbers(3) WHERE 0);
SELECT countIf(c1 = 0), sumIf(c1 + 5, c1 = 0) AS c2 FROM (SELECT count() AS c1 FROM numbers(3) WHERE 0);
SELECT countIf(c1 > 1) FROM (SELECT count() AS c1 FROM numbers(3));
-- What is the same in every row although it names a column is no key of GROUP BY ALL, in coalesce, too.
SELECT coalesce(1, if(isNull(toString(number)), 2, 2)) AS c1, count() FROM numbers(2) WHERE 0 GROUP BY ALL;
SELECT coalesce('a', if(isNull(toString(number)), 'b', 'b')) AS c1, count() FROM numbers(2) WHERE 0 GROUP BY ALL;
SELECT coalesce(1, number > 5 AND 0) AS c1, count() FROM numbers(2) WHERE 0 GROUP BY ALL;
SELECT coalesce(1, number > 5 AND 1) AS c1, count() FROM numbers(2) WHERE 0 GROUP BY ALL;
SELECT ifNull(1, number) AS c1, count() FROM numbers(2) WHERE 0 GROUP BY ALL;
-- The body of a lambda fails for no item of an empty array.
SELECT arrayMap(x1 -> nullIf(x1, x1)::String, CAST([], 'Array(String)'));
SELECT arrayMap(x1 -> ascii(nullIf(x1, x1))::String, arrayFilter(x2 -> 0, ['a', NULL])) AS c1;
SELECT arrayMap(x1 -> CAST(nullIf(x1, x1), 'Int8'), range(number)) FROM numbers(1);
SELECT arrayMap(x1 -> intDiv(1, 0), CAST([], 'Array(String)'));
-- The same where the answer has fewer columns than what it is computed from.
SELECT n, intDiv(a, b) AS q FROM values('n UInt8, a UInt8, b UInt8', (1, 4, 0), (2, 4, 2), (3, 9, 3)) ORDER BY n DESC LIMIT 2;
SELECT n, intDiv(a, b) AS q FROM (SELECT number AS n, number + 1 AS a, number % 3 AS b FROM numbers(3)) ORDER BY n DESC LIMIT 1, 1;
SELECT k, intDiv(a, b) AS q FROM (SELECT number % 50 AS k, sum(number) AS a, k AS b FROM numbers(500) GROUP BY k) ORDER BY k DESC LIMIT 3;
SELECT sum(q) FROM (SELECT n, intDiv(a, b) AS q FROM (SELECT number AS n, number + 1 AS a, number % 3 AS b FROM numbers(3)) ORDER BY n DESC LIMIT 2);
