SELECT k, max(x), min(x), count(x) FROM (SELECT number % 3 AS k, if(number % 5 = 0, nan, number / 7) AS x FROM numbers(50)) GROUP BY k ORDER BY k
SELECT k, max(x), min(x) FROM (SELECT number % 3 AS k, if(k = 1, nan, -number / 7) AS x FROM numbers(30)) GROUP BY k ORDER BY k
SELECT max(x), min(x) FROM (SELECT nan * number AS x FROM numbers(5))
SELECT max(x), min(x) FROM (SELECT number / 3 AS x FROM numbers(5) WHERE number > 9)
SELECT max(x), min(x) FROM (SELECT toNullable(number) / 3 AS x FROM numbers(5) WHERE number > 9)
SELECT max(x), min(x) FROM (SELECT if(number % 2 = 0, NULL, sqrt(number)) AS x FROM numbers(20))
SELECT k, max(x), min(x) FROM (SELECT number % 4 AS k, if(k = 2, NULL, sqrt(number) / 0) AS x FROM numbers(20)) GROUP BY k ORDER BY k
SELECT maxIf(x, number > 3), minIf(x, number > 30), maxOrNull(x), minOrDefault(x) FROM (SELECT number, exp(number) AS x FROM numbers(6))
SELECT k, maxIf(x, number > 10), minIf(x, number > 20) FROM (SELECT number, number % 2 AS k, log(number + 1) AS x FROM numbers(12)) GROUP BY k ORDER BY k
SELECT max(toFloat32(number) / 3), min(toFloat32(number) * -1.5), max(toFloat32(number)) FROM numbers(9)
SELECT k, max(toFloat32(x)) FROM (SELECT number % 2 AS k, number / 3 AS x FROM numbers(9)) GROUP BY k ORDER BY k
SELECT max(inf * (number - 2)), min(inf * (number - 3)) FROM numbers(5)
SELECT k, argMax(s, n), argMin(s, n), argMax(n, s), argMin(n, -n) FROM (SELECT number % 3 AS k, number AS n, toString(number * 7919 % 101) AS s FROM numbers(60)) GROUP BY k ORDER BY k
SELECT k, argMax(s, x), argMin(s, x) FROM (SELECT number % 3 AS k, if(number % 4 = 0, nan, number * 37 % 41 + 0.5) AS x, toString(number) AS s FROM numbers(40)) GROUP BY k ORDER BY k
SELECT k, argMax(s, n), argMin(s, n) FROM (SELECT number % 3 AS k, if(number % 4 = 0, NULL, number * 37 % 41) AS n, if(number % 5 = 0, NULL, toString(number)) AS s FROM numbers(40)) GROUP BY k ORDER BY k
SELECT argMax(n, t), argMin(n, d), argMax(t, n), argMin(d, t) FROM (SELECT number AS n, toDateTime(1700000000 + number * 37 % 11 * 86400, 'UTC') AS t, toDate(t) AS d FROM numbers(11))
SELECT argMax(n, u), argMin(n, u), argMax(n, (u, n)), argMax((n, u), u) FROM (SELECT number AS n, toUInt64(18446744073709551615) - number * 37 % 11 AS u FROM numbers(11))
SELECT argMax(n, n), argMin(toNullable(n), n) FROM (SELECT number AS n FROM numbers(3) WHERE n > 5)
SELECT k, quantile(0.3)(n), quantiles(0, 0.5, 1)(n), quantileExact(0.9)(n), quantileExactLow(n), quantileExactHigh(n) FROM (SELECT number % 3 AS k, number * 7919 % 101 AS n FROM numbers(60)) GROUP BY k ORDER BY k
SELECT k, quantile(0.3)(x), quantileExact(0.9)(x), quantilesExact(0.1, 0.7)(x), median(x) FROM (SELECT number % 3 AS k, if(number % 5 = 0, nan, number * 37 % 41 / 4) AS x FROM numbers(60)) GROUP BY k ORDER BY k
SELECT k, quantile(0.3)(n), quantileExact(0.9)(n), quantileExactInclusive(0.2)(n), quantileExactExclusive(0.2)(n) FROM (SELECT number % 3 AS k, if(number % 4 = 0, NULL, toInt32(number * 37 % 41)) AS n FROM numbers(60)) GROUP BY k ORDER BY k
SELECT k, quantile(n), quantiles(0.5)(n) FROM (SELECT number % 2 AS k, if(k = 1, NULL, number) AS n FROM numbers(10)) GROUP BY k ORDER BY k
SELECT quantileIf(0.5)(n, n > 3), quantileExactIf(n, n > 100), quantilesExactIf(0.5)(toInt8(n), n < 4) FROM (SELECT number AS n FROM numbers(9))
SELECT quantile(x), quantileExact(x), quantileExact(y) FROM (SELECT toFloat32(number) / 3 AS y, -y AS x FROM numbers(9))
SELECT quantileExact(n), quantileExactLow(n), quantile(0.99)(n) FROM (SELECT toInt64(9007199254740993) + number * 2 AS n FROM numbers(5))
SELECT k, groupArray(n), groupArray(2)(n), groupArrayLast(2)(n), groupArraySorted(3)(n) FROM (SELECT number % 3 AS k, number * 7919 % 101 AS n FROM (SELECT number FROM numbers(12) ORDER BY number)) GROUP BY k ORDER BY k
SELECT k, arraySort(groupUniqArray(n)), length(groupUniqArray(2)(n)), arraySort(groupUniqArray(s)) FROM (SELECT number % 3 AS k, number % 7 AS n, toString(number % 5) AS s FROM numbers(60)) GROUP BY k ORDER BY k
SELECT arraySort(groupUniqArray(n)), arraySort(groupUniqArray(t)), arraySort(groupUniqArray(d)) FROM (SELECT if(number % 3 = 0, NULL, toInt8(number % 4)) AS n, toDateTime(number % 3) AS t, toDate(number % 2) AS d FROM numbers(20))
SELECT topK(2)(n), topK(2)(s), topK(1)(d), topK(2)(x) FROM (SELECT bitCount(number) AS n, toString(n) AS s, toDate(n) AS d, if(n = 3, NULL, n) AS x FROM numbers(48))
SELECT k, approx_top_k(2)(n), topK(1)(n) FROM (SELECT number % 2 AS k, bitCount(intDiv(number, 2)) AS n FROM numbers(48)) GROUP BY k ORDER BY k
SELECT k, round(corr(x, y), 9), round(covarPop(x, y), 9), groupBitXor(n), anyHeavy(k), groupArrayMovingSum(2)(n) FROM (SELECT number % 3 AS k, number AS n, number * 1.5 AS x, number * 37 % 11 AS y FROM (SELECT number FROM numbers(30) ORDER BY number)) GROUP BY k ORDER BY k
SELECT k, countOrNull(), sumOrNull(n), countIfOrNull(n > 50), groupArrayIf(n, n > 7) FROM (SELECT number % 3 AS k, number AS n FROM numbers(10)) GROUP BY k ORDER BY k
SELECT toDateTime(t), toDateTime64(t, 6), toDateTime64(toDateTime(t), 3), toDateTime(toDate(t)), toDateTime64(toDate(t), 3), toDateTime64(u, 3), toDateTime(u) FROM (SELECT toDateTime64(1700000000.123 + number * 777.777, 3, 'UTC') AS t, toDateTime64(-1.5 - number, 6, 'UTC') AS u FROM numbers(4))
SELECT length(a), empty(a), notEmpty(a), length(splitByChar(',', s)) FROM (SELECT range(number) AS a, toString(a) AS s FROM numbers(4))
SELECT intDiv(number, number - 3) FROM numbers(5)
SELECT number % (number - 3) FROM numbers(5)
SELECT intDivOrZero(number, number - 3), moduloOrZero(number, toInt8(number) - 3), intDiv(number, NULL) FROM numbers(5)
SELECT intDiv(toInt8(number - 128), toInt8(-1)) FROM numbers(3)
SELECT if(number = 3, 0, intDiv(10, number - 3)) FROM numbers(5)
SELECT toInt8(x), toUInt8(x), toInt64(x), toUInt64(x), toUInt32(x) FROM (SELECT (toFloat64(number) - 2) * 3e9 + 0.7 AS x FROM numbers(5))
SELECT toInt32(if(number = 2, nan, number)) FROM numbers(4)
SELECT toString(x) FROM (SELECT toFloat64(concat('1e', toString(toInt32(number) * 3 - 12))) / 3 AS x FROM numbers(14))
SELECT x, x / 3, toString(-x) FROM (SELECT toFloat64(concat('1e', toString(toInt32(number) - 8))) AS x FROM numbers(34))
SELECT formatDateTime(t, '%d.%m.%Y %H:%i'), formatDateTime(t, '%D %R %T %F %y %%'), formatDateTime(toDate(t), '%Y-%m'), toString(t), toString(toDate(t)) FROM (SELECT toDateTime(951700000 + number * 86413, 'UTC') AS t FROM numbers(4))
SELECT concat(s, '-', s), upper(s), lower(s), length(s), lengthUTF8(s), replaceAll(s, 'ß', 'ss'), s LIKE '%ß%', s ILIKE '%E%' FROM (SELECT concat('Straße ', toString(number), if(number > 1, ' 😀 and more of it', '')) AS s FROM numbers(4))
