SELECT number AS n, row_number() OVER (ORDER BY n), rank() OVER (ORDER BY n%2), dense_rank() OVER (ORDER BY n%2), percent_rank() OVER (ORDER BY n%3), cume_dist() OVER (ORDER BY n%3), ntile(2) OVER (ORDER BY n) FROM numbers(5) ORDER BY n
SELECT number AS n, lag(n) OVER (ORDER BY n), lead(n) OVER (ORDER BY n), lag(n, 2, 100) OVER (ORDER BY n), lead(n,2) OVER (ORDER BY n), lag(toNullable(n)) OVER (ORDER BY n) FROM numbers(4) ORDER BY n
SELECT number AS n, lagInFrame(n) OVER (ORDER BY n), leadInFrame(n) OVER (ORDER BY n), leadInFrame(n) OVER (ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING), lagInFrame(n,1,7) OVER (ORDER BY n ROWS BETWEEN 1 PRECEDING AND CURRENT ROW), lagInFrame(n,2,7) OVER (ORDER BY n ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM numbers(4) ORDER BY n
SELECT number AS n, first_value(n) OVER w, last_value(n) OVER w, nth_value(n,2) OVER w, any(n) OVER w, anyLast(n) OVER w, first_value(n) OVER (ORDER BY n DESC ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM numbers(4) WINDOW w AS (ORDER BY n) ORDER BY n
SELECT number AS n, nth_value(n, 3) OVER (ORDER BY n ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING), nth_value(toString(n), 3) OVER (ORDER BY n ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING), nth_value(toNullable(n), 3) OVER (ORDER BY n ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM numbers(3) ORDER BY n
SELECT nth_value(number, 0) OVER (ORDER BY number) FROM numbers(3)
SELECT x, first_value(x) OVER w, last_value(x) OVER w, first_value_respect_nulls(x) OVER w, nth_value(x,1) OVER w, lag(x) OVER (ORDER BY n), any(x) RESPECT NULLS OVER w FROM (SELECT number AS n, if(n%2=0, NULL, n) AS x FROM numbers(4)) WINDOW w AS (ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) ORDER BY n
SELECT number AS n, nonNegativeDerivative(n*n, toDateTime(n)) OVER (ORDER BY n), nonNegativeDerivative(n*n, toDateTime64(n,3), INTERVAL 3 SECOND) OVER (ORDER BY n) FROM numbers(4) ORDER BY n
SELECT number AS n, nonNegativeDerivative(10-n, toDateTime(n)) OVER (ORDER BY n ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM numbers(4) ORDER BY n
SELECT number AS n, exponentialTimeDecayedAvg(2)(n, n) OVER (ORDER BY n), exponentialTimeDecayedSum(2)(n, n) OVER (ORDER BY n), exponentialTimeDecayedMax(2)(n, n) OVER (ORDER BY n), exponentialTimeDecayedCount(2)(n) OVER (ORDER BY n) FROM numbers(4) ORDER BY n
SELECT number AS n, exponentialTimeDecayedAvg(2)(n, toDateTime(n)) OVER (ORDER BY n ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM numbers(4) ORDER BY n
SELECT number AS n, sum(n) OVER (ORDER BY n ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING), sum(n) OVER (ORDER BY n RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING), groupArray(n) OVER (ORDER BY n ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING), quantile(n) OVER (ORDER BY n), uniqExact(n%2) OVER (ORDER BY n), count() OVER (ORDER BY n ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING), avg(n) OVER (ORDER BY n ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING), max(n) OVER (ORDER BY n ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING) FROM numbers(5) ORDER BY n
SELECT number AS n, sumIf(n, n>1) OVER (ORDER BY n), groupArrayIf(n, n>1) OVER (PARTITION BY n%2 ORDER BY n), argMax(n, n%3) OVER (ORDER BY n), sumOrNull(n) OVER (ORDER BY n ROWS BETWEEN 2 PRECEDING AND 2 PRECEDING), countIf(n>2) OVER () FROM numbers(5) ORDER BY n
SELECT n, sum(n) OVER (ORDER BY d RANGE BETWEEN 1 PRECEDING AND CURRENT ROW), groupArray(n) OVER (ORDER BY d RANGE BETWEEN 2 PRECEDING AND 1 PRECEDING), groupArray(n) OVER (ORDER BY d DESC RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) FROM (SELECT number AS n, toDate('2024-01-01') + n*2%5 AS d FROM numbers(5)) ORDER BY n
SELECT n, sum(n) OVER (ORDER BY d RANGE BETWEEN 60 PRECEDING AND CURRENT ROW) FROM (SELECT number AS n, toDateTime('2024-01-01 00:00:00') + n*40 AS d FROM numbers(5)) ORDER BY n
SELECT n, sum(n) OVER (ORDER BY d RANGE BETWEEN 60 PRECEDING AND CURRENT ROW) FROM (SELECT number AS n, toDateTime64('2024-01-01 00:00:00',3) + n*40 AS d FROM numbers(5)) ORDER BY n
SELECT number AS n, sum(n) OVER (ORDER BY n GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM numbers(3)
SELECT number AS n, sum(n) OVER w2 FROM numbers(3) WINDOW w AS (PARTITION BY n%2), w2 AS (w ORDER BY n) ORDER BY n
SELECT number AS n, groupArray(n) OVER (w ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING) FROM numbers(3) WINDOW w AS (ORDER BY n) ORDER BY n
SELECT number AS n, lag(n) OVER (ORDER BY n ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM numbers(3)
SELECT number AS n, rank() OVER (ORDER BY n ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM numbers(3)
SELECT ntile(2) OVER (PARTITION BY 1) FROM numbers(3)
SELECT ntile(0) OVER (ORDER BY number) FROM numbers(3)
SELECT lag() OVER (ORDER BY number) FROM numbers(3)
SELECT lag(number, -1) OVER (ORDER BY number) FROM numbers(3)
SELECT lag(number, 1, 'a') OVER (ORDER BY number) FROM numbers(3)
SELECT lag(number, number) OVER (ORDER BY number) FROM numbers(3)
SELECT lag(number, 0) OVER (ORDER BY number) FROM numbers(3)
SELECT leadInFrame(number, 1, NULL) OVER (ORDER BY number) FROM numbers(3)
SELECT row_number() FROM numbers(3)
SELECT rank() FROM numbers(3)
SELECT nth_value(number) OVER (ORDER BY number) FROM numbers(3)
SELECT percentRank() OVER (ORDER BY number), denseRank() OVER (ORDER BY number), RANK() OVER (ORDER BY number) FROM numbers(3)
SELECT sum(DISTINCT number%2) OVER (ORDER BY number) FROM numbers(3)
SELECT count(DISTINCT number%2) OVER (ORDER BY number) FROM numbers(3)
SELECT sum(number) FILTER (WHERE number>1) OVER (ORDER BY number) FROM numbers(3)
SELECT sum(number) OVER (ORDER BY number ROWS BETWEEN 1 FOLLOWING AND 1 PRECEDING) FROM numbers(3)
SELECT number%2 AS k, sum(sum(number)) OVER (ORDER BY k), rank() OVER (ORDER BY count() DESC), groupArray(max(number)) OVER () FROM numbers(5) GROUP BY k ORDER BY k
SELECT number AS n, first_value(n) IGNORE NULLS OVER (ORDER BY n) FROM numbers(2)
SELECT x, sum(x) OVER (ORDER BY x), rank() OVER (ORDER BY x), groupArray(x) OVER (ORDER BY x) FROM (SELECT arrayJoin([NULL,1,NULL,2]) AS x) ORDER BY x
SELECT n, sum(n) OVER (ORDER BY n DESC RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) AS s FROM (SELECT arrayJoin([1.5,2,2.5,4]) AS n) ORDER BY n
SELECT n, deltaSum(n) OVER (ORDER BY n), exponentialMovingAverage(1)(n, n) OVER (ORDER BY n), anyHeavy(n) OVER (ORDER BY n), sumMap(map('a',n)) OVER (ORDER BY n), groupUniqArray(1) OVER (ORDER BY n) FROM (SELECT number AS n FROM numbers(3)) ORDER BY n
SELECT number AS n, sum(n) OVER (PARTITION BY n%2), sum(n) OVER (), median(n) OVER (), stddevPop(n) OVER (ORDER BY n ROWS 1 PRECEDING) FROM numbers(4) ORDER BY n
SELECT number AS n, groupUniqArray(1)(1) OVER (ORDER BY n), argMin(n, -n) OVER (ORDER BY n ROWS BETWEEN 1 PRECEDING AND CURRENT ROW), quantileExact(0.5)(n) OVER (PARTITION BY n % 2 ORDER BY n), sumMap([n],[n]) OVER (ORDER BY n) FROM numbers(4) ORDER BY n
SELECT number AS n, lagInFrame(toString(n), 1, 'none') OVER (PARTITION BY n % 2 ORDER BY n), leadInFrame(n, 2) OVER (ORDER BY n ROWS BETWEEN CURRENT ROW AND 2 FOLLOWING) FROM numbers(5) ORDER BY n
SELECT number AS n, row_number() OVER w, rank() OVER w, count() OVER w, avg(n) OVER w FROM numbers(5) WINDOW w AS (PARTITION BY n % 2 ORDER BY n DESC) ORDER BY n
SELECT number AS n, sum(n) OVER (ORDER BY n RANGE BETWEEN 2 PRECEDING AND 1 FOLLOWING), count() OVER (ORDER BY n DESC RANGE BETWEEN 1 PRECEDING AND CURRENT ROW), min(n) OVER (ORDER BY n ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) FROM numbers(5) ORDER BY n
SELECT n, sum(n) OVER (ORDER BY d RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM (SELECT number AS n, toInt32(number) - 2 AS d FROM numbers(5)) ORDER BY n
SELECT number AS n, count(DISTINCT n % 2) OVER (ORDER BY n), groupArray(DISTINCT n % 2) OVER (ORDER BY n), sum(n) FILTER (WHERE n > 1) OVER (ORDER BY n) FROM numbers(4) ORDER BY n
SELECT k, n, cume_dist() OVER (PARTITION BY k ORDER BY n), percent_rank() OVER (PARTITION BY k ORDER BY n), ntile(2) OVER (PARTITION BY k ORDER BY n) FROM (SELECT number % 2 AS k, number AS n FROM numbers(7)) ORDER BY n
SELECT number AS n, sum(n) OVER (ORDER BY n RANGE BETWEEN 1 PRECEDING AND 2 PRECEDING) FROM numbers(3)
SELECT number AS n, sum(n) OVER (ORDER BY n ROWS BETWEEN 10 PRECEDING AND 2 PRECEDING) FROM numbers(5) ORDER BY n
SELECT number AS n, groupArray(n) OVER (ORDER BY n / 2 RANGE BETWEEN 0.5 PRECEDING AND 0.5 FOLLOWING), count() OVER (ORDER BY toInt32(n) DESC RANGE BETWEEN 10 PRECEDING AND 2 PRECEDING) FROM numbers(5) ORDER BY n
SELECT sum(number) OVER (ORDER BY toInt8(number) RANGE BETWEEN 300 PRECEDING AND CURRENT ROW) FROM numbers(2)
SELECT sum(number) OVER (ORDER BY toInt8(number) RANGE BETWEEN 100 PRECEDING AND CURRENT ROW) FROM numbers(3) ORDER BY number
SELECT groupArray(number) OVER (ORDER BY number / 2 RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM numbers(3)
SELECT count() OVER (ORDER BY toInt32(number) DESC RANGE BETWEEN 10 PRECEDING AND 2 PRECEDING) FROM numbers(5) ORDER BY number
SELECT count() OVER (ORDER BY number ROWS BETWEEN 1.5 PRECEDING AND CURRENT ROW) FROM numbers(5)
SELECT count() OVER (ORDER BY number ROWS BETWEEN -1 PRECEDING AND CURRENT ROW) FROM numbers(5)
SELECT n, groupArray(n) OVER (ORDER BY d RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) FROM (SELECT number AS n, toNullable(number) AS d FROM numbers(3)) ORDER BY n
