SELECT number AS n FROM numbers(3) ORDER BY n WITH FILL FROM 0 TO 6
SELECT number * 2 AS n, 'a' AS s FROM numbers(4) ORDER BY n WITH FILL
SELECT number * 2 AS n, number AS s FROM numbers(4) ORDER BY n WITH FILL INTERPOLATE (s AS s + 1)
SELECT number * 2 AS n, number AS s FROM numbers(4) ORDER BY n WITH FILL STEP 1 INTERPOLATE
SELECT toDate('2025-01-01') + number * 3 AS d, count() AS c FROM numbers(3) GROUP BY d ORDER BY d WITH FILL STEP INTERVAL 1 DAY
SELECT toDate('2025-01-01') + number * 30 AS d, count() AS c FROM numbers(3) GROUP BY d ORDER BY d WITH FILL FROM toDate('2024-12-01') TO toDate('2025-06-01') STEP INTERVAL 1 MONTH
SELECT number AS n FROM numbers(5) ORDER BY n DESC WITH FILL FROM 8 TO -2 STEP -1
SELECT a.x, b.y FROM (SELECT arrayJoin([1,2,5]) AS x) AS a ASOF JOIN (SELECT arrayJoin([1,3]) AS y) AS b ON 1 = 1 AND a.x >= b.y
SELECT number % 2 AS a, number % 3 AS b, count() AS c FROM numbers(10) GROUP BY GROUPING SETS ((a), (b), ()) ORDER BY a, b, c
SELECT number % 2 AS a, number % 3 AS b, count() AS c, grouping(a, b) AS g FROM numbers(10) GROUP BY GROUPING SETS ((a), (b), ()) ORDER BY g, a, b, c
SELECT number % 2 AS a, number % 3 AS b, count() AS c, grouping(a) FROM numbers(10) GROUP BY ROLLUP(a, b) ORDER BY a, b, c
SELECT number % 2 AS a, count() AS c FROM numbers(10) GROUP BY a WITH ROLLUP WITH TOTALS ORDER BY a, c
SELECT number % 3 AS a, count() AS c FROM numbers(10) GROUP BY a WITH TOTALS HAVING c > 3 ORDER BY a
SELECT number % 3 AS a, count() AS c FROM numbers(10) GROUP BY a WITH TOTALS HAVING a > 0 ORDER BY a LIMIT 1
SELECT count() AS c FROM numbers(10) GROUP BY number WITH TOTALS HAVING number > 5
SELECT number FROM numbers(10) AS o WHERE number = (SELECT max(i.number) FROM numbers(10) AS i WHERE i.number % 3 = o.number % 3) ORDER BY number
SELECT number FROM numbers(10) AS o WHERE number IN (SELECT i.number * 2 FROM numbers(10) AS i WHERE i.number < o.number) ORDER BY number
SELECT * APPLY(toString) FROM numbers(2)
SELECT * APPLY toString FROM numbers(2)
SELECT COLUMNS('n') APPLY(x -> x + 1) FROM numbers(2)
SELECT COLUMNS('a') EXCEPT (ab) FROM (SELECT 1 AS a, 2 AS ab)
SELECT * EXCEPT a FROM (SELECT 1 AS a, 2 AS b)
SELECT * EXCEPT ('^a') FROM (SELECT 1 AS a, 2 AS b)
SELECT * REPLACE (a + 1 AS a) FROM (SELECT 1 AS a, 2 AS b)
SELECT * REPLACE a + 1 AS a FROM (SELECT 1 AS a, 2 AS b)
SELECT t.* EXCEPT (b) FROM (SELECT 1 AS a, 2 AS b) AS t
SELECT COLUMNS(a, b) FROM (SELECT 1 AS a, 2 AS b, 3 AS c)
SELECT t.COLUMNS('a') FROM (SELECT 1 AS a, 2 AS b, 3 AS c) AS t
SELECT TOP 2 number FROM numbers(5)
SELECT number FROM numbers(5) ORDER BY number OFFSET 1 ROW FETCH FIRST 2 ROWS ONLY
SELECT number FROM numbers(6) ORDER BY intDiv(number,2) OFFSET 0 ROWS FETCH FIRST 1 ROW WITH TIES
SELECT number FROM numbers(5) ORDER BY 7
SELECT number FROM numbers(5) GROUP BY 7
SELECT number FROM numbers(5) ORDER BY -1
SELECT number, count() FROM numbers(5) GROUP BY -2 ORDER BY 1
FROM numbers(3) SELECT number
FROM numbers(3)
SELECT TRY_CAST('a' AS Int64)
SELECT 10L
SELECT 'a%' LIKE 'a\\%' ESCAPE '\\'
SELECT number FROM numbers(2) FINAL
SELECT foo.count() FROM numbers(3)
SELECT number FROM numbers(6) ORDER BY number LIMIT 1 OFFSET 1 BY number % 2
SELECT number FROM numbers(6) ORDER BY number LIMIT 1, 1 BY number % 2 LIMIT 1
SELECT number FROM numbers(5) LIMIT 2 SETTINGS join_use_nulls = 2
SELECT number FROM numbers(5) LIMIT 2 SETTINGS join_use_nulls = true
SELECT (WITH 1 AS x SELECT x) AS a, (WITH 2 AS x SELECT x) AS b
WITH x AS (SELECT 1 AS a) SELECT * FROM x
WITH t(a, b) AS (SELECT 1, 2) SELECT a + b FROM t
SELECT a + b FROM (SELECT 1, 2) AS t(a, b)
SELECT number % 2 AS a, sum(number) FROM numbers(10) GROUP BY ALL ORDER BY ALL
SELECT number FROM numbers(3) ORDER BY ALL DESC
SELECT number FROM numbers(4) LIMIT 1 BY ALL
SELECT number FROM numbers(2, 6, 2)
SELECT * FROM generate_series(1, 5)
SELECT * FROM generateSeries(1, 5, 2)
SELECT * FROM zeros(2)
SELECT 1 AS a UNION DISTINCT SELECT 1 INTERSECT SELECT 2
SELECT 1 AS a EXCEPT SELECT 2
SELECT 1 WHERE 1
SELECT number AS x FROM numbers(3) WHERE x > 0 ORDER BY x
SELECT count() OVER (ORDER BY number ROWS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE CURRENT ROW) FROM numbers(3)
SELECT sum(number) OVER w1 FROM numbers(3) WINDOW w AS (PARTITION BY number), w1 AS w
SELECT sum(number) OVER (w ORDER BY number) FROM numbers(3) WINDOW w AS (PARTITION BY number % 2)
SELECT number AS a FROM numbers(3) QUALIFY row_number() OVER (ORDER BY number DESC) = 1
SELECT number FROM numbers(3) WHERE number NOT IN (1, 2)
SELECT number FROM numbers(3) WHERE (number, number + 1) IN ((1, 2), (2, 3))
SELECT number FROM numbers(3) ARRAY JOIN [1, 2] AS x
SELECT arrayJoin([1, 2]) AS a, arrayJoin([3, 4]) AS b
SELECT toDate('2025-01-01') + INTERVAL 1 DAY + INTERVAL '2' MONTH
SELECT toDate('2025-01-01') + INTERVAL '1 day 2 hours'
SELECT toDate('2025-01-01') + (INTERVAL 1 DAY, INTERVAL 1 MONTH)
SELECT number % 2 AS a, toTypeName(grouping(a)) FROM numbers(3) GROUP BY ROLLUP(a) ORDER BY a
SELECT number % 2 AS a, grouping(a) FROM numbers(3) GROUP BY a ORDER BY a
SELECT grouping(number + 1) FROM numbers(3) GROUP BY number
SELECT number % 2 AS a, count() AS c FROM numbers(3) GROUP BY a WITH CUBE WITH TOTALS ORDER BY a, c
SELECT number % 2 AS a, count() AS c FROM numbers(3) GROUP BY a WITH ROLLUP HAVING c > 1 ORDER BY a, c
SELECT number % 2 AS a, number % 3 AS b, count() AS c FROM numbers(10) GROUP BY GROUPING SETS (a, b) ORDER BY a, b, c
SELECT number % 2 AS a, number % 3 AS b, count() AS c FROM numbers(10) GROUP BY GROUPING SETS ((1), (2)) ORDER BY a, b, c
SELECT number AS a, number % 2 AS b FROM numbers(6) ORDER BY 1 LIMIT 1 BY 2
SELECT DISTINCT ON (2) number AS a, number % 2 AS b FROM numbers(6)
SELECT number FROM numbers(6) ORDER BY 0
SELECT * FROM (SELECT 1 AS a, 2 AS b) GROUP BY a, b
SELECT * FROM (SELECT 1 AS a, 2 AS b) GROUP BY ALL
SELECT number, count() FROM numbers(2) GROUP BY 1 ORDER BY 2, 1
SELECT x, y FROM (SELECT 1, 2) AS t(x, y, z)
SELECT x FROM (SELECT 1, 2) AS t(x)
WITH t(a) AS (SELECT 1, 2) SELECT a FROM t
SELECT n, (SELECT count() FROM numbers(10) AS i WHERE i.number = o.n) AS c FROM (SELECT number + 8 AS n FROM numbers(4)) AS o ORDER BY n
SELECT n, (SELECT sum(number) FROM numbers(10) AS i WHERE i.number = o.n) AS c FROM (SELECT number + 8 AS n FROM numbers(4)) AS o ORDER BY n
SELECT n, (SELECT number FROM numbers(10) AS i WHERE i.number = o.n) AS c FROM (SELECT number + 8 AS n FROM numbers(4)) AS o ORDER BY n
SELECT n, (SELECT number FROM numbers(10) AS i WHERE i.number % 5 = o.n) AS c FROM (SELECT number AS n FROM numbers(4)) AS o ORDER BY n
SELECT n, toTypeName((SELECT count() FROM numbers(10) AS i WHERE i.number = o.n)) AS c FROM (SELECT number + 8 AS n FROM numbers(1)) AS o ORDER BY n
SELECT number FROM numbers(10) ORDER BY number LIMIT '3'
SELECT number FROM numbers(10) LIMIT ALL
SELECT * FROM (SELECT 1 AS a UNION ALL SELECT 2 INTERSECT SELECT 2) ORDER BY a
SELECT * APPLY(sum) FROM (SELECT number AS a, number * 2 AS b FROM numbers(4))
SELECT * APPLY(quantiles(0.5)) FROM (SELECT number AS a, number * 2 AS b FROM numbers(4))
SELECT * APPLY(toString, 'p_') FROM (SELECT 1 AS a)
SELECT COLUMNS('a|b') APPLY(toString) APPLY(length) FROM (SELECT 10 AS a, 200 AS b)
SELECT * REPLACE (a + 1 AS a) APPLY(toString) FROM (SELECT 1 AS a, 2 AS b)
SELECT * EXCEPT STRICT (zz) FROM (SELECT 1 AS a, 2 AS b)
SELECT * EXCEPT (zz) FROM (SELECT 1 AS a, 2 AS b)
SELECT COLUMNS('zz') FROM (SELECT 1 AS a)
SELECT toDate('2025-01-31') + INTERVAL '1 month 1 day'
SELECT toDateTime('2025-01-31 00:00:00') - (INTERVAL 1 DAY, INTERVAL 2 HOUR)
SELECT 'a_b' LIKE 'a!_b' ESCAPE '!', 'axb' LIKE 'a!_b' ESCAPE '!', 'a_b' ILIKE 'A!_b' ESCAPE '!'
SELECT 'a_b' NOT LIKE 'a!_b' ESCAPE '!'
SELECT number FROM numbers(5) WHERE number IN [1, 2]
SELECT a.n, b.n FROM (SELECT number AS n FROM numbers(3)) AS a ANY FULL JOIN (SELECT number + 1 AS n FROM numbers(3)) AS b ON a.n = b.n ORDER BY a.n, b.n
SELECT n, a.v, b.w FROM (SELECT number AS n, 1 AS v FROM numbers(3)) AS a ANY INNER JOIN (SELECT intDiv(number, 2) AS n, number AS w FROM numbers(4)) AS b USING (n) ORDER BY n
SELECT n FROM (SELECT number AS n FROM numbers(3)) AS a FULL JOIN (SELECT number + 1 AS n FROM numbers(3)) AS b USING n ORDER BY n
SELECT n, a.n, b.n FROM (SELECT number AS n FROM numbers(3)) AS a RIGHT JOIN (SELECT number + 1 AS n FROM numbers(3)) AS b USING n ORDER BY n
SELECT * FROM (SELECT number AS n, 1 AS v FROM numbers(3)) AS a FULL JOIN (SELECT number + 1 AS n, 2 AS w FROM numbers(3)) AS b USING n ORDER BY n
SELECT k, t, v FROM (SELECT 1 AS k, arrayJoin([1, 2, 5]) AS t) AS a ASOF JOIN (SELECT 1 AS k, arrayJoin([1, 3]) AS t, t * 10 AS v) AS b USING (k, t) ORDER BY t
SELECT a.t, b.t FROM (SELECT 1 AS k, arrayJoin([1, 2, 5]) AS t) AS a ASOF LEFT JOIN (SELECT 1 AS k, arrayJoin([1, 3]) AS t) AS b ON a.k = b.k AND a.t < b.t ORDER BY a.t
SELECT a.t, b.t FROM (SELECT 1 AS k, arrayJoin([1, 2, 5]) AS t) AS a ASOF LEFT JOIN (SELECT 1 AS k, arrayJoin([1, 3]) AS t) AS b ON a.k = b.k AND a.t > b.t ORDER BY a.t
SELECT a.t, b.t FROM (SELECT 1 AS k, arrayJoin([1, 2, 5]) AS t) AS a ASOF INNER JOIN (SELECT 1 AS k, arrayJoin([1, 3]) AS t) AS b ON a.k = b.k AND b.t >= a.t ORDER BY a.t
SELECT a.t, b.t FROM (SELECT arrayJoin([1, 2, 5]) AS t) AS a ASOF JOIN (SELECT arrayJoin([1, 3]) AS t) AS b ON a.t >= b.t ORDER BY a.t
SELECT toUInt8(1) AS n ORDER BY n WITH FILL TO 300 STEP 100
SELECT toUInt8(number) AS n FROM numbers(2) ORDER BY n WITH FILL FROM -3 TO 3
SELECT toInt8(number) AS n FROM numbers(2) ORDER BY n WITH FILL FROM -3 TO 3
SELECT toInt8(number) AS n FROM numbers(2) ORDER BY n WITH FILL FROM 0.5 TO 3
SELECT toFloat64(number) AS n FROM numbers(3) ORDER BY n WITH FILL FROM 0 TO 2.6 STEP 0.5
SELECT toDate('2025-01-31') + number * 90 AS d FROM numbers(2) ORDER BY d WITH FILL STEP INTERVAL 1 MONTH
SELECT toDateTime64('2025-01-01 00:00:00', 3) + number * 3 AS d FROM numbers(2) ORDER BY d WITH FILL STEP 1
SELECT toDateTime64('2025-01-01 00:00:00', 3) + number * 3 AS d FROM numbers(2) ORDER BY d WITH FILL STEP INTERVAL 1 SECOND
SELECT toDateTime64('2025-01-01 00:00:00', 3) + number AS d FROM numbers(2) ORDER BY d WITH FILL STEP INTERVAL 250 MILLISECOND
SELECT toDateTime('2025-01-01 00:00:00') + number * 3 AS d FROM numbers(2) ORDER BY d WITH FILL STEP 1
SELECT toDateTime('2025-01-01 00:00:00') + number * 7200 AS d FROM numbers(2) ORDER BY d WITH FILL STEP INTERVAL 30 MINUTE
SELECT toDateTime('2025-01-01 00:00:00') + number * 7200 AS d FROM numbers(2) ORDER BY d WITH FILL FROM toDate('2024-12-31') STEP INTERVAL 12 HOUR
SELECT toDate('2025-01-01') + number * 3 AS d FROM numbers(2) ORDER BY d WITH FILL STEP INTERVAL 1 HOUR
SELECT toDate('2025-01-01') + number * 3 AS d FROM numbers(2) ORDER BY d WITH FILL FROM '2024-12-30'
SELECT toDate('2025-01-01') + number * 3 AS d FROM numbers(2) ORDER BY d WITH FILL FROM toDateTime('2024-12-30 12:00:00')
SELECT toDate('2025-01-01') + number * 3 AS d FROM numbers(2) ORDER BY d WITH FILL TO 20200
SELECT toNullable(number * 2) AS n FROM numbers(2) ORDER BY n WITH FILL
SELECT if(number = 1, NULL, number * 2) AS n FROM numbers(3) ORDER BY n WITH FILL
SELECT if(number = 1, NULL, number * 2) AS n FROM numbers(3) ORDER BY n NULLS FIRST WITH FILL
SELECT toString(number) AS n FROM numbers(2) ORDER BY n WITH FILL
SELECT toDecimal32(number * 2, 1) AS n FROM numbers(2) ORDER BY n WITH FILL
SELECT number AS n FROM numbers(2) ORDER BY n WITH FILL STEP 0
SELECT number AS n FROM numbers(2) ORDER BY n WITH FILL STEP -1
SELECT number AS n FROM numbers(2) ORDER BY n DESC WITH FILL STEP 1
SELECT number * 2 AS n FROM numbers(3) ORDER BY n DESC WITH FILL
SELECT number * 2 AS n FROM numbers(3) ORDER BY n DESC WITH FILL FROM 6 TO 1
SELECT number AS n FROM numbers(2) ORDER BY n WITH FILL FROM 5 TO 1
SELECT number AS n FROM numbers(2) ORDER BY n DESC WITH FILL FROM 0 TO 5
SELECT number AS n FROM numbers(0) ORDER BY n WITH FILL FROM 1 TO 4
SELECT number AS n FROM numbers(0) ORDER BY n WITH FILL FROM 1
SELECT number AS n FROM numbers(0) ORDER BY n WITH FILL TO 4
SELECT number * 3 AS n FROM numbers(4) ORDER BY n WITH FILL FROM 2 TO 5
SELECT number * 3 AS n FROM numbers(4) ORDER BY n WITH FILL FROM 0 STEP 2
SELECT number * 3 AS n FROM numbers(4) ORDER BY n WITH FILL STEP 2
SELECT number AS n, number * 10 AS s FROM numbers(4) WHERE number % 3 = 0 ORDER BY n WITH FILL FROM 0 TO 6 LIMIT 3
SELECT number AS n, number * 10 AS s FROM numbers(4) WHERE number % 3 = 0 ORDER BY n WITH FILL FROM 0 TO 6 LIMIT 2 OFFSET 2
SELECT number % 2 AS k, number AS n FROM numbers(6) WHERE number != 2 AND number != 3 ORDER BY k, n WITH FILL
SELECT number % 2 AS k, number AS n FROM numbers(6) WHERE number != 2 AND number != 3 ORDER BY k, n WITH FILL FROM 0 TO 7
SELECT number % 2 AS k, number AS n FROM numbers(6) WHERE number % 3 = 0 ORDER BY n WITH FILL, k
SELECT number * 2 AS n, n * 10 AS m FROM numbers(3) ORDER BY n WITH FILL
SELECT number * 2 AS n, n * 10 AS m FROM numbers(3) ORDER BY n WITH FILL INTERPOLATE (m AS n)
SELECT number * 2 AS n, toString(number) AS s FROM numbers(3) ORDER BY n WITH FILL FROM -1 + 1 TO 7 INTERPOLATE (s AS concat(s, '!'))
SELECT number * 2 + 2 AS n, number AS s FROM numbers(3) ORDER BY n WITH FILL FROM 0 INTERPOLATE (s AS s + 7)
SELECT number * 2 + 2 AS n, number AS s FROM numbers(3) ORDER BY n WITH FILL FROM 0 INTERPOLATE (s)
SELECT number * 2 AS n, number AS s FROM numbers(3) ORDER BY n WITH FILL INTERPOLATE (n AS n + 1)
SELECT number * 2 AS n, number AS s FROM numbers(3) ORDER BY n WITH FILL INTERPOLATE (zz AS 1)
SELECT number AS s FROM numbers(3) ORDER BY number * 2 WITH FILL
SELECT DISTINCT number * 2 AS n FROM numbers(3) ORDER BY n WITH FILL
SELECT sum(n) FROM (SELECT number * 2 AS n FROM numbers(3) ORDER BY n WITH FILL)
SELECT number * 2 AS n, sum(number) OVER () AS w FROM numbers(3) ORDER BY n WITH FILL
SELECT number AS n, count() FROM numbers(3) GROUP BY n WITH TOTALS ORDER BY n WITH FILL TO 5
SELECT number AS n FROM numbers(3) ORDER BY n WITH FILL TO number
SELECT number * 2 AS n FROM numbers(3) ORDER BY ALL WITH FILL
SELECT number * 2 AS n, 'x' AS e FROM numbers(3) ORDER BY n WITH FILL FROM 1 TO 20 STEP 3
SELECT toStartOfMonth(toDate('2025-01-15') + number * 40) AS m, sum(number) AS s FROM numbers(4) GROUP BY m ORDER BY m WITH FILL STEP toIntervalMonth(1)
SELECT toStartOfMonth(toDate('2025-01-15') + number * 40) AS m, sum(number) AS s FROM numbers(4) GROUP BY m ORDER BY m WITH FILL FROM toDate('2024-11-01') TO toDate('2025-07-01') STEP INTERVAL 1 QUARTER
SELECT v, n, w FROM (SELECT number AS n, 1 AS v FROM numbers(3)) AS a JOIN (SELECT number AS w, number + 1 AS n FROM numbers(3)) AS b USING n ORDER BY n
SELECT * FROM (SELECT 1 AS v, number AS n FROM numbers(3)) AS a JOIN (SELECT number AS w, number + 1 AS n FROM numbers(3)) AS b USING n ORDER BY n
SELECT n, toTypeName(n) FROM (SELECT toUInt8(number) AS n FROM numbers(3)) AS a FULL JOIN (SELECT toInt32(number + 1) AS n FROM numbers(3)) AS b USING n ORDER BY n
SELECT n, a.n, b.n FROM (SELECT number AS n FROM numbers(3)) AS a LEFT JOIN (SELECT number + 1 AS n FROM numbers(3)) AS b USING n ORDER BY n
SELECT n, a.n, b.n FROM (SELECT number AS n FROM numbers(3)) AS a FULL JOIN (SELECT number + 1 AS n FROM numbers(3)) AS b USING n ORDER BY n
SELECT n, a.n, b.n FROM (SELECT number AS n FROM numbers(3)) AS a FULL JOIN (SELECT number + 1 AS n FROM numbers(3)) AS b USING n ORDER BY n SETTINGS join_use_nulls = 1
SELECT n, x, y, z FROM (SELECT number AS n, 1 AS x FROM numbers(3)) AS a FULL JOIN (SELECT number + 1 AS n, 2 AS y FROM numbers(3)) AS b USING n FULL JOIN (SELECT number + 2 AS n, 3 AS z FROM numbers(3)) AS c USING n ORDER BY n
SELECT * FROM (SELECT number AS n, 1 AS x FROM numbers(3)) AS a SEMI JOIN (SELECT number + 1 AS n, 2 AS y FROM numbers(3)) AS b USING n ORDER BY n
SELECT * FROM (SELECT number AS n, 1 AS x FROM numbers(3)) AS a RIGHT ANTI JOIN (SELECT number + 1 AS n, 2 AS y FROM numbers(3)) AS b USING n ORDER BY n
SELECT * FROM (SELECT number AS n, 1 AS x FROM numbers(3)) AS a RIGHT SEMI JOIN (SELECT number + 1 AS n, 2 AS y FROM numbers(3)) AS b USING n ORDER BY n
SELECT x.1 AS k, x.2 AS v FROM (SELECT 1) ARRAY JOIN map('a', 1, 'b', 2) AS x ORDER BY k
SELECT t.1, t.2 FROM (SELECT (1, 'a') AS t)
SELECT tupleElement((1, 'x'), 2), (1, 'x').2, tuple(1, 2).1
SELECT map('a', 1)['a'], map('a', 1)['z'], mapKeys(map('k', 1))
SELECT [1, 2, 3][-1], [[1], [2, 3]][2][1]
SELECT CAST('2025-01-01' AS Date) + INTERVAL 3 DAY, DATE '2025-01-01', TIMESTAMP '2025-01-01 00:00:00'
SELECT 1 AS a, a + 1 AS b, b * 2 AS c WHERE c = 4
SELECT if(1 > 2, 'a', 'b') AS x, 1 > 2 ? 'a' : 'b' AS y, multiIf(1 = 2, 1, 2 = 2, 2, 3)
SELECT NULL = NULL, NULL <=> NULL, 1 IS DISTINCT FROM NULL, NULL IS NOT DISTINCT FROM NULL
SELECT 5 DIV 2, 5 MOD 2, -5 % 3, 5 / 2, intDiv(-5, 2), 2 ** 3
SELECT 'a' || 'b' || 1, concat('x', 1, NULL)
SELECT quantiles(0.25, 0.5, 0.75)(number), median(number), quantile(0.9)(number) FROM numbers(101)
SELECT number FROM numbers(5) EXCEPT SELECT 2 ORDER BY number
(SELECT 1 AS a UNION ALL SELECT 2) INTERSECT SELECT 2
SELECT * FROM (SELECT 1 AS a UNION DISTINCT SELECT 1)
SELECT a FROM (SELECT 1 AS a) AS x CROSS JOIN (SELECT 2 AS b) AS y WHERE b = 2
SELECT x.a, y.a FROM (SELECT 1 AS a) AS x, (SELECT 2 AS a) AS y
SELECT * FROM (SELECT 1 AS a) AS x JOIN (SELECT 1 AS a, 3 AS c) AS y ON x.a = y.a
SELECT x.* FROM (SELECT 1 AS a) AS x JOIN (SELECT 1 AS a, 3 AS c) AS y ON x.a = y.a AND y.c > 2
SELECT count() FROM numbers(10) AS a JOIN numbers(10) AS b ON a.number = b.number OR a.number = b.number + 1
SELECT count() FROM numbers(10) AS a JOIN numbers(10) AS b ON a.number < b.number
SELECT a.number, b.number FROM numbers(3) AS a LEFT JOIN numbers(5) AS b ON a.number = b.number AND b.number > 1 ORDER BY a.number SETTINGS join_use_nulls = 1
SELECT a.n, b.n, c.n FROM (SELECT number AS n FROM numbers(3)) AS a LEFT JOIN (SELECT number + 1 AS n FROM numbers(3)) AS b ON a.n = b.n LEFT JOIN (SELECT number + 2 AS n FROM numbers(3)) AS c ON b.n = c.n ORDER BY a.n
SELECT sum(number) OVER (PARTITION BY number % 2 ORDER BY number ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS s FROM numbers(5) ORDER BY s
SELECT number, lagInFrame(number) OVER (ORDER BY number), leadInFrame(number, 1, 99) OVER (ORDER BY number ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM numbers(3)
SELECT first_value(number) OVER w, last_value(number) OVER w, nth_value(number, 2) OVER w FROM numbers(3) WINDOW w AS (ORDER BY number ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
SELECT ntile(2) OVER (ORDER BY number), percent_rank() OVER (ORDER BY number), cume_dist() OVER (ORDER BY number) FROM numbers(4) ORDER BY number
SELECT number FROM numbers(10) QUALIFY number = max(number) OVER (PARTITION BY number % 3) ORDER BY number
SELECT arrayMap(x -> x + number, [1, 2]) FROM numbers(2)
SELECT arrayFilter((x, i) -> i % 2 = 1, [10, 20, 30], arrayEnumerate([10, 20, 30]))
SELECT arraySort(x -> -x, [3, 1, 2]), arrayReverseSort([3, 1, 2]), arrayReduce('sum', [1, 2, 3])
SELECT toTypeName((1, 'a', 1.5)), toTypeName([1, NULL]), toTypeName(map('a', 1)), toTypeName(1::Decimal(10, 2))
SELECT (1 + 2) * 3 AS x, -x, +x, x BETWEEN 5 AND 10, x NOT BETWEEN 1 AND 2
SELECT substring('hello', 2, 3), 'hello'[2], SUBSTRING('hello' FROM 2 FOR 2), position('hello', 'l'), POSITION('l' IN 'hello')
SELECT trim(BOTH 'x' FROM 'xax'), trim(LEADING ' ' FROM '  a'), TRIM(' a ')
SELECT EXTRACT(YEAR FROM toDate('2025-03-04')), EXTRACT(DAY FROM toDate('2025-03-04'))
SELECT toString(1) = '1', 1 = 1.0, 'a' < 'b', (1, 2) < (1, 3), [1] = [1]
SELECT count() FROM nope
SELECT foo(1)
SELECT 1 AS a, 2 AS a
SELECT a FROM (SELECT 1 AS a) AS x JOIN (SELECT 1 AS a) AS y ON x.a = y.a
SELECT toDate('nope')
SELECT CAST('x' AS Int32)
SELECT 1 +
SELECT (1
SELECT sum(x) OVER (ORDER BY x) FROM (SELECT 1 AS x) WHERE sum(x) OVER () > 1
SELECT uniqMerge(uniqState(1))
SELECT d.Int64, d.String, dynamicType(d) FROM (SELECT arrayJoin([CAST(1::Int64,'Dynamic'), CAST('x','Dynamic')]) AS d)
SELECT v.UInt8, v.String FROM (SELECT CAST(1::UInt8,'Variant(UInt8,String)') AS v)
SELECT 1::UInt8::Variant(UInt8,String) AS v, v.UInt8
SELECT toTypeName(c1), toTypeName(c2), * FROM values((1,'a'),(300,NULL))
SELECT toTypeName(c1), * FROM values(1,2,-3)
SELECT toTypeName(c1), * FROM values('x','y')
SELECT * FROM values('a UInt8', 300)
SELECT * FROM values('a UInt8', -1)
SELECT * FROM values('a UInt8', 1.5)
SELECT * FROM values('a Date', '2024-01-01', 5)
SELECT * FROM values('a UInt8', NULL)
SELECT * FROM values('a UInt8, b String', (1,'x',3))
SELECT * FROM values('a UInt8, b String', 1)
SELECT * FROM values('a Array(Int32), m Map(String,Int8)', ([1,2],map('a',1)))
SELECT t.a FROM values('a Nullable(String), b Decimal(10,2)', (NULL, 1.5),('q','2.5')) AS t
SELECT * FROM values('a Int32')
SELECT * FROM values()
SELECT * FROM values('a Enum8(\'x\'=1)', 'x')
SELECT * FROM values('a Int32', (1),(2+3))
SELECT * FROM values('`a b` Int32, c DateTime(\'UTC\')', (1,'2024-01-01 00:00:00'))
SELECT * FROM VALUES('a Int32', 1)
SELECT * FROM values((1,2),(3))
SELECT * FROM values('a', 'b', 'c')
SELECT * FROM values('a b', 'b', 'c')
SELECT * FROM values('a Tuple(Int8,Int8)', (1,2))
SELECT * FROM values('a Bool', true, false)
SELECT sum(v) FROM values('k String, v UInt64', ('a',1),('b',2)) WHERE k='a'
SELECT * FROM values('a Int8, b Int8', tuple(1,2), (3,4))
SELECT * FROM values('a DateTime', toDateTime('2020-01-01 00:00:00'), 5)
SELECT cityHash64(*) = cityHash64(1, 2) FROM (SELECT 1, 2);
SELECT max(*), count(*), COUNT( * ) FROM (SELECT 1 AS a);
SELECT tuple(*), [*], (*, 1), array(*) FROM (SELECT 1 AS a, 2 AS b);
SELECT concat(*, 'a') FROM (SELECT 'x' AS a, 'y' AS b);
SELECT uniq(*), count(DISTINCT *), uniqExact(t.*), max(t.a) FROM (SELECT 1 AS a, 2 AS b) AS t;
SELECT (*) FROM (SELECT 1 AS a, 2 AS b);
SELECT arrayMap(x -> tuple(x, *), [1]) FROM (SELECT 1 AS a, 2 AS b);
SELECT a FROM (SELECT 1 AS a, 2 AS b) WHERE cityHash64(*) > 0 GROUP BY a, tuple(*) ORDER BY tuple(*);
SELECT 3 *(2), (3)*2, [1][1]*2;
SELECT 0 = any(number) + 1, 5 > any(number) FROM numbers(3);
SELECT number FROM numbers(3) GROUP BY number HAVING number = any(number) ORDER BY number;
SELECT number, number = ANY (SELECT number*2 FROM numbers(3)) FROM numbers(5) ORDER BY number;
SELECT number, number = SOME (SELECT number*2 FROM numbers(3)) FROM numbers(5) ORDER BY number;
SELECT number, number != ANY (SELECT number*2 FROM numbers(3)), number != ANY (SELECT 2) FROM numbers(5) ORDER BY number;
SELECT number, number = ALL (SELECT number*2 FROM numbers(3)), number = ALL (SELECT 3) FROM numbers(5) ORDER BY number;
SELECT number, number <> ALL (SELECT number*2 FROM numbers(3)) FROM numbers(5) ORDER BY number;
SELECT number, number > ANY (SELECT number+1 FROM numbers(3)), number >= ALL (SELECT number+1 FROM numbers(3)) FROM numbers(5) ORDER BY number;
SELECT number, number < ANY (SELECT number+1 FROM numbers(3)), number <= ALL (SELECT number+1 FROM numbers(3)) FROM numbers(5) ORDER BY number;
SELECT 1 > ANY (SELECT number FROM numbers(0)), 1 > ALL (SELECT number FROM numbers(0));
SELECT 0 = ANY((SELECT 0));
SELECT 1 = ANY ([1, 2]);
SELECT number FROM numbers(9) WHERE number > ALL (SELECT number FROM numbers(6)) ORDER BY number;
SELECT $$it's \n$$, $a$ x $$ y $a$, length($$$$);
SELECT (1, 2) = ANY (SELECT 1, 2);
SELECT untuple((1, 'a'));
SELECT untuple(tuple(1));
SELECT untuple(tuple(1 AS a, 2 AS b));
SELECT untuple((1, 2)) AS q;
SELECT untuple(CAST((1, 'a'), 'Tuple(x Int8, y String)'));
SELECT untuple(CAST((1, 'a'), 'Tuple(x Int8, y String)')) AS q;
SELECT untuple(t) FROM (SELECT CAST((1, 'a'), 'Tuple(x Int8, y String)') AS t);
SELECT untuple(t), 5 FROM (SELECT (number, number + 1) AS t FROM numbers(2));
SELECT untuple(1);
SELECT untuple((1,2),3);
SELECT untuple();
SELECT untuple(NULL);
SELECT plus(untuple((1, 2)));
SELECT concat(untuple(('a', 'b')), 'c');
SELECT t.* FROM (SELECT CAST((1, 'a'), 'Tuple(x Int8, y String)') AS t);
SELECT t.* FROM (SELECT (1, 'a') AS t);
SELECT a.t.* FROM (SELECT (1, 'a') AS t) AS a;
SELECT untuple(arrayJoin([(1, 2), (3, 4)]));
SELECT untuple((1, untuple((2, 3))));
SELECT untuple(t) FROM (SELECT (number % 2, number) AS t FROM numbers(4)) ORDER BY 1, 2;
SELECT sum(x) FROM (SELECT untuple(CAST((number, 'a'), 'Tuple(x UInt64, y String)')) FROM numbers(3));
SELECT x FROM (SELECT untuple(CAST((number, 'a'), 'Tuple(x UInt64, y String)')) AS q FROM numbers(3));
SELECT `q.x` FROM (SELECT untuple(CAST((number, 'a'), 'Tuple(x UInt64, y String)')) AS q FROM numbers(3));
SELECT untuple((count(), sum(number))) FROM numbers(3);
SELECT untuple((1,2)) AS q ORDER BY q;
SELECT [untuple((1, 2))];
SELECT (untuple((1, 2)), 3);
SELECT untuple(map(1, 2));
SELECT untuple([1, 2]);
SELECT untuple(CAST((1, 2), 'Nullable(Tuple(a Int8, b Int8))'));
SELECT (1, 'x') AS t, untuple(t);
SELECT untuple(t) AS u FROM (SELECT (number, count()) AS t FROM numbers(3) GROUP BY number) ORDER BY `u.1`;
SELECT number AS n, untuple((n, n + 1)), n * 2 FROM numbers(2) ORDER BY 3 DESC;
SELECT untuple((sum(number), number % 2)) FROM numbers(5) GROUP BY number % 2 ORDER BY 1;
SELECT untuple((row_number() OVER (ORDER BY number), number)) FROM numbers(3) ORDER BY 2;
SELECT nothere.* FROM numbers(1);
SELECT arrayMap(x -> concat(untuple(x)), [('a', 'b'), ('c', 'd')]);
SELECT greatest(untuple((1, 5, 3)));
SELECT 1 IN (SELECT 1, 2);
SELECT (1,2) IN (SELECT 1, 2);
SELECT (1,2) IN (SELECT 1);
SELECT (1,2) IN (SELECT 1, 2, 3);
SELECT (1,2) IN (SELECT (1, 2));
SELECT (1,2) IN (SELECT (1, 2, 3));
SELECT 1 IN (SELECT (1, 2));
SELECT (1,2) IN (SELECT [1, 2]);
SELECT tuple(1) IN (SELECT tuple(1));
SELECT 1 IN (SELECT tuple(1));
SELECT [1] IN (SELECT [1]);
SELECT 1 = ANY (SELECT 1, 2);
SELECT materialize((1,2)) IN (SELECT 1, 2 WHERE 0);
SELECT 1 IN (SELECT 1, 2 WHERE 0);
SELECT (1,2) IN (SELECT 1 WHERE 0);
SELECT (1,NULL) IN (SELECT 1, NULL);
SELECT ((1,2),3) IN (SELECT (1, 2), 3);
SELECT number, (number, number + 1) IN (SELECT 1, 2) FROM numbers(3);
SELECT number IN (SELECT 1, 2) FROM numbers(3);
SELECT (number, 1) IN (SELECT 1) FROM numbers(3);
SELECT count() FROM (SELECT number % 2 AS a, number % 3 AS b FROM numbers(12)) GROUP BY COLUMNS('a|b') ORDER BY 1;
SELECT untuple(t), count() FROM (SELECT (number % 2, number % 3) AS t FROM numbers(12)) GROUP BY untuple(t) ORDER BY 1, 2;
SELECT a, b, count() FROM (SELECT number % 2 AS a, number % 3 AS b FROM numbers(12)) GROUP BY ROLLUP(COLUMNS('a|b')) ORDER BY 3, 1, 2;
SELECT a, count() FROM (SELECT number % 2 AS a, number % 3 AS b FROM numbers(12)) GROUP BY GROUPING SETS ((COLUMNS('a|b')), (a)) ORDER BY 2, 1;
SELECT number, untuple((number, 1)) FROM numbers(3) GROUP BY untuple((number, 1)) ORDER BY 2;
SELECT nothere.* FROM numbers(1) AS n;
SELECT number.* FROM numbers(1);
