WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 300) SELECT max(n), toTypeName(any(n)), count() FROM r
WITH RECURSIVE r AS (SELECT 1 AS n, 'a' AS s UNION ALL SELECT n + 1, concat(s, 'b') FROM r WHERE n < 4) SELECT * FROM r ORDER BY n
WITH RECURSIVE a AS (SELECT 1 AS n UNION ALL SELECT n * 2 FROM a WHERE n < 50), b AS (SELECT sum(n) AS s FROM a) SELECT s FROM b
WITH RECURSIVE x AS (SELECT 5 AS n) SELECT n FROM x
SELECT number FROM numbers(5) AS a ANY INNER JOIN (SELECT intDiv(number, 2) AS number FROM numbers(6)) AS b USING number ORDER BY number
SELECT a.x, b.y FROM (SELECT arrayJoin([1, 1, 2]) AS x) AS a ANY INNER JOIN (SELECT 1 AS x, 5 AS y) AS b ON a.x = b.x
SELECT a.x, b.y FROM (SELECT arrayJoin([1, 1, 2]) AS x) AS a ANY LEFT JOIN (SELECT arrayJoin([1, 1, 3]) AS x, 5 AS y) AS b ON a.x = b.x ORDER BY a.x
SELECT a.x, b.y FROM (SELECT arrayJoin([1, 1, 2]) AS x) AS a LEFT ANY JOIN (SELECT arrayJoin([1, 1, 3]) AS x, 5 AS y) AS b ON a.x = b.x ORDER BY a.x
SELECT a.x, b.x, b.y FROM (SELECT arrayJoin([1, 1, 2]) AS x) AS a ANY RIGHT JOIN (SELECT arrayJoin([1, 1, 3]) AS x, 5 AS y) AS b ON a.x = b.x ORDER BY b.x
SELECT count() FROM numbers(3) AS a GLOBAL INNER JOIN numbers(4) AS b USING number
SELECT number FROM numbers(6) ORDER BY intDiv(number, 2) LIMIT 1 WITH TIES
SELECT number FROM numbers(6) ORDER BY intDiv(number, 2), number LIMIT 1, 2 WITH TIES
SELECT number FROM numbers(6) ORDER BY intDiv(number, 2) DESC, number LIMIT 3 WITH TIES
SELECT x FROM (SELECT arrayJoin([3, 1, 2, 1]) AS x) ORDER BY x LIMIT 1 WITH TIES
SELECT count() FROM (SELECT number FROM numbers(10) ORDER BY number % 5 LIMIT 3 WITH TIES)
SELECT DISTINCT number % 3 AS m FROM numbers(9) ORDER BY -m
SELECT DISTINCT number % 3 AS m, number % 2 AS k FROM numbers(9) ORDER BY m * 10 + k DESC LIMIT 2
SELECT dummy, toTypeName(dummy) FROM system.one
SELECT one.dummy FROM system.one
SELECT 0b101, 1_000_000, 0xff, 1e3, .5
SELECT 0xFFFFFFFFFFFFFFFF, toTypeName(0xFFFFFFFFFFFFFFFF), toTypeName(0b1)
SELECT -0x10, -0b11
