SELECT 1 AS x WHERE 0
SELECT 1 AS i, -5::Int64 AS big, 1.5 AS f, 0.1::Float32 AS f32, true AS b, 18446744073709551615 AS maxu, 1.50::Decimal(10, 3) AS dec, nan AS n, inf AS p, -inf AS m
SELECT 1e30 AS big, 1e-10 AS small, -0.0 AS nz, 100000000000000000000::Float64 AS f20, 1e21 AS f21, 0.00001 AS f5, [0.1::Float32] AS fa, [nan] AS na, toDecimal64(-1.10, 4) AS neg
SELECT 'te"x\'t, \t\n\\' AS s, NULL AS n, toNullable(3) AS nn, '' AS e, 'ü€😀日本' AS u
SELECT concat('a/b', char(8, 12, 13, 0, 1, 31, 127, 226, 128, 168)) AS s, [concat('a/b', char(8, 12, 13, 0, 1))] AS a, '<&>' AS h, 'a|b' AS p
SELECT toDate('2024-01-02') AS d, toDate32('1950-01-01') AS d32, toDateTime('2024-01-02 03:04:05') AS dt, toDateTime64('2024-01-02 03:04:05.678', 3) AS dt64, toDateTime('2024-07-01 12:00:00', 'Europe/Berlin') AS z, toDateTime64('2024-07-01 12:00:00', 0) AS s0, toIntervalDay(3) AS iv
SELECT [1, NULL] AS a, ['a\'b', 'c"d', 'e\\f', 'g\nh'] AS sa, [] AS e, [[1, 2], []] AS aa, [[]] AS ae, [true] AS ba, [toDate('2024-01-01')] AS da, [toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0')] AS ua
SELECT (1, 'x') AS t, CAST((1, 'y'), 'Tuple(a UInt8, b String)') AS nt, ((1, 2), 'x') AS tt, (1::Nullable(UInt8), NULL) AS nu, [(1, 'q'), (2, 'w')] AS ta
SELECT map('k', 1) AS m, map('a', ['x']) AS ma, map('a', map('b', [1, 2])) AS mm, map(1, 'x') AS mi, map(toDate('2024-01-01'), [NULL, 1]) AS md, map('a', (1, 'b')) AS mt, [map('a', 1)] AS am
SELECT toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0') AS u, CAST('a', 'Enum8(\'a\' = 1, \'b\' = 2)') AS e, toFixedString('ab', 4) AS fs, [CAST('b', 'Enum8(\'a\' = 1, \'b\' = 2)')] AS ea
SELECT 'x'::Dynamic AS s, CAST(toUInt8(1), 'Dynamic') AS i, CAST(true, 'Dynamic') AS b, [1, 'a']::Array(Dynamic) AS a
SELECT '{"k/x":"a/b","n":1.50,"l":[{"x":1},{"x":2}],"e":[],"q":"a\\"b"}'::JSON AS j, 2 AS n
SELECT '{"a":[{"b":1}],"c":[[1,2],[3]],"d":[1,"x"],"e":[1,[2,{"q":1}]],"g":[null,1]}'::JSON AS j
SELECT number, toString(number * 1000) AS s, if(number % 2 = 0, NULL, number * 1.5) AS x FROM numbers(12)
SELECT number, number + 1 AS b FROM numbers(51)
SELECT number % 2 AS k, count() AS c FROM numbers(10) GROUP BY k WITH TOTALS ORDER BY k
SELECT 12345678 AS n
SELECT 1000000.5 AS x
SELECT -2500000 AS x, 1 AS y
SELECT 1e9 AS x, toDecimal64(2000000, 1) AS y, 12345678901234567 AS z, '5000000' AS s, 9.99e5 AS r, toNullable(5000000) AS n, toDateTime(2000000) AS dt
SELECT number * 1000000 + 999999 AS x FROM numbers(3)
SELECT 'a\nb' AS s, 'ü€' AS u, 'x' AS t
SELECT 'l1\nl2\nl3' AS a, 'one' AS b, 'x\ny' AS c, 5 AS n FROM numbers(2)
SELECT repeat('x', 100) AS s, '日本' AS j
SELECT number, 'x' AS a, 'y' AS b, 'z' AS c, repeat('q', 260) AS d FROM numbers(2)
SELECT number, 'x' AS a, 'y' AS b, 'z' AS c, repeat('q', 230) AS d FROM numbers(2)
SELECT number, 'x' AS a, 'y' AS b, repeat('q', 260) AS d FROM numbers(2)
SELECT 1 AS a, 'x\ny' AS b, 3 AS c, 4 AS d, 5 AS e, 6 AS f
SELECT 1 AS a_very_long_column_name_that_is_longer_than_24, 2 AS b
SELECT 1 AS `a b`, 2 AS `c"d`, 3 AS `x|z`, 4 AS `q/r`
SELECT CAST((1, (2, 'x'), [1, 2], NULL), 'Tuple(a UInt8, b Tuple(c UInt8, d String), e Array(UInt8), f Nullable(UInt8))') AS nt, CAST([(1, 2)], 'Array(Tuple(a UInt8, b UInt8))') AS ant
SELECT number, toDate('2024-01-01') + number AS d, toString(number) AS s, [number] AS a FROM numbers(3)
SELECT 1e17 AS a, 5e17 AS b, 1e18 AS c, 3e22 AS d, 18446744073709551615 AS e, -9223372036854775807 AS f, 1e20 AS g
SELECT number AS a, number * 1000000 + 1000000 AS b FROM numbers(3)
SELECT 5000000 AS b, 'x\ny' AS a, 3000000 AS c
SELECT toNullable((1, 'x')) AS a, nullIf((1, 2), (1, 2)) AS b, (toNullable((1, 2)), 3) AS c, 3 AS d, CAST((1, 'y'), 'Nullable(Tuple(p UInt8, q String))') AS e
