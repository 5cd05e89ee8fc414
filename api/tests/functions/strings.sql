SELECT empty(''), notEmpty(''), empty('a'), notEmpty('a'), empty(toNullable('')), empty(NULL)
SELECT empty(toUUID('00000000-0000-0000-0000-000000000000')), notEmpty(toUUID('00000000-0000-0000-0000-000000000001'))
SELECT empty(1)
SELECT x, empty(x), notEmpty(x), length(x), lengthUTF8(x), CHAR_LENGTH(x), CHARACTER_LENGTH(x), OCTET_LENGTH(x) FROM (SELECT arrayJoin(['', 'a', 'ä€😀', ' ']) AS x)
SELECT x, length(x), lengthUTF8(x), upper(x), lowerUTF8(x) FROM (SELECT arrayJoin(['a', NULL, 'Äb']) AS x)
SELECT lengthUTF8(1)
SELECT lengthUTF8('a', 'b')
SELECT length(5)
SELECT x, lower(x), upper(x), lowerUTF8(x), upperUTF8(x), lcase(x), ucase(x), LOWER(x), UPPER(x) FROM (SELECT arrayJoin(['Straße', 'ÀÉ', 'İı', '', 'abc XYZ 12']) AS x)
SELECT upper(5)
SELECT upperUTF8(toDate('2020-01-01'))
SELECT x, left(x, 2), right(x, 2), left(x, 0), right(x, 0), left(x, 100), right(x, 100), left(x, -2), right(x, -2) FROM (SELECT arrayJoin(['hello', '', 'a', 'ab']) AS x)
SELECT x, leftUTF8(x, 2), rightUTF8(x, 2), leftUTF8(x, 0), rightUTF8(x, 0), leftUTF8(x, 100), rightUTF8(x, 100), leftUTF8(x, -2), rightUTF8(x, -2) FROM (SELECT arrayJoin(['hellö€', '', 'é', 'éb']) AS x)
SELECT left('hello', n), right('hello', n), leftUTF8('hellö', n), rightUTF8('hellö', n) FROM (SELECT arrayJoin([-10, -5, -1, 0, 1, 5, 10]) AS n)
SELECT left('abc', 'x')
SELECT right(5, 1)
SELECT left('abc')
SELECT hex(left('ä', 1)), hex(right('ä', 1)), length(left('ä', 1)), lengthUTF8(left('ä', 1)), concat(left('ä', 1), right('ä', 1)) = 'ä'
SELECT left('ä', 1), right('€x', 2)
SELECT n, substring('hello', n), substring('hello', n, 2), substring('hello', n, -1), substringUTF8('héllö', n), substringUTF8('héllö', n, 2), substringUTF8('héllö', n, -1) FROM (SELECT arrayJoin([-10, -5, -2, -1, 1, 2, 5, 6, 10]) AS n)
SELECT substring('hello', 0)
SELECT substring('hello', 0, 2), substringUTF8('hello', 0), substringUTF8('hello', 0, 2)
SELECT substring('hello', 2, 0), substring('hello', 2, -10), substring('hello', -10, 7), substring('hello', -2, 10)
SELECT substr('hello', 2, 3), mid('hello', 2, 3), SUBSTRING('hello' FROM 2 FOR 3), byteSlice('hello', 2, 3), SUBSTRING('hello', 2)
SELECT substring('hello', 1.5)
SELECT substring(5, 1)
SELECT substring('hello', 'x')
SELECT substring(toNullable('hello'), 2), substring('hello', NULL), substring('hello', 2, toNullable(2))
SELECT leftPad('abc', 7), leftPad('abc', 7, '*'), leftPad('abc', 7, '12'), leftPad('abc', 2), leftPad('abc', 0), leftPad('abc', 7, ''), leftPad('', 3, 'x'), leftPad('abc', 3)
SELECT rightPad('abc', 7), rightPad('abc', 7, '*'), rightPad('abc', 7, '12'), rightPad('abc', 2), rightPad('abc', 0), rightPad('abc', 7, ''), rightPad('', 3, 'x'), rightPad('abc', 3)
SELECT leftPadUTF8('é€', 7, 'ü1'), rightPadUTF8('é€', 7, 'ü1'), leftPadUTF8('é€x', 2), rightPadUTF8('é€x', 2), leftPad('é€', 7, '*'), rightPad('é€', 7, '*')
SELECT lpad('abc', 5, 'x'), rpad('abc', 5, 'x'), LPAD('abc', 5, 'x'), RPAD('abc', 5)
SELECT leftPad('abc', -1)
SELECT leftPad(5, 7)
SELECT leftPad('abc', 'x')
SELECT leftPad('abc', 7, 5)
SELECT leftPad('abc')
SELECT leftPad('abc', number, 'xy'), rightPad('abc', number + 3) FROM numbers(6)
SELECT repeat('ab', 3), repeat('ab', 0), repeat('ab', -1), repeat('', 5), REPEAT('x', 2), repeat('é', toUInt64(2)), space(3), space(0), space(-1), SPACE(1)
SELECT repeat('ab', number), space(number) FROM numbers(4)
SELECT repeat('a', 1.5)
SELECT repeat(5, 2)
SELECT repeat('abc')
SELECT repeat('abc', 10000000000)
SELECT space(10000000000)
SELECT space('a')
SELECT reverse('abc'), reverse(''), hex(reverse('ä')), reverseUTF8('aä€'), reverseUTF8(''), reverse(toNullable('abc')), reverse([1, 2])
SELECT reverseUTF8(1)
SELECT concat('a', 'b', 'c'), concat('a', 1), concat('a', NULL), concat(1, 2), concat('a', toDate('2020-01-01'), 1.5, true), concat('x'), concatAssumeInjective('a', 1), 'a' || 'b' || 1, concat(toNullable('a'), 'b')
SELECT concat()
SELECT concat('a', [1, 2]), concat('a', (1, 'b')), concat('a', map('k', 1))
SELECT concatWithSeparator('-', 'a', 'b', 'c'), concatWithSeparator('-', 1, 2.5), concatWithSeparator('-'), concat_ws(', ', 'a', 'b'), CONCAT_WS('', 'a', 'b'), concatWithSeparator('-', 'a', NULL), concatWithSeparatorAssumeInjective('-', 'a', 'b'), concatWithSeparator(NULL, 'a', 'b')
SELECT concatWithSeparator()
SELECT concatWithSeparator(1, 'a')
SELECT concatWithSeparator('-', toString(number), 'x', number) FROM numbers(3)
SELECT substringIndex('www.clickhouse.com', '.', 2), substringIndex('www.clickhouse.com', '.', -2), substringIndex('www.clickhouse.com', '.', 0), substringIndex('www.clickhouse.com', '.', 10), substringIndex('www.clickhouse.com', '.', -10), substringIndex('', '.', 1), SUBSTRING_INDEX('a.b', '.', 1)
SELECT substringIndexUTF8('Straßen fürßFrieden', 'ß', 1), substringIndexUTF8('Straßen fürßFrieden', 'ß', -1), substringIndexUTF8('aßbßc', 'ß', 2)
SELECT substringIndex('www.clickhouse.com', '..', 1)
SELECT substringIndex('www.clickhouse.com', '', 1)
SELECT substringIndexUTF8('www.clickhouse.com', '', 1)
SELECT substringIndex('a.b', '.', 'x')
SELECT substringIndex(1, '.', 1)
SELECT substringIndex('a.b.c.d', '.', number) FROM numbers(5)
SELECT appendTrailingCharIfAbsent('abc', '/'), appendTrailingCharIfAbsent('abc/', '/'), appendTrailingCharIfAbsent('', '/')
SELECT appendTrailingCharIfAbsent('abc', '//')
SELECT appendTrailingCharIfAbsent('abc', '')
SELECT appendTrailingCharIfAbsent(1, '/')
SELECT toValidUTF8('abc'), toValidUTF8('ä€'), toValidUTF8(unhex('61F0808080')), toValidUTF8(unhex('FF61FFFE62')), hex(toValidUTF8(unhex('E282'))), isValidUTF8('ä'), isValidUTF8(unhex('C3')), isValidUTF8(''), isValidASCII('abc'), isValidASCII('ä'), isASCII('')
SELECT isValidUTF8(1)
SELECT startsWith('hello', 'he'), startsWith('hello', ''), startsWith('', 'a'), startsWith('hello', 'hello!'), endsWith('hello', 'lo'), endsWith('hello', ''), endsWith('', 'a'), startsWithUTF8('äb', 'ä'), endsWithUTF8('bä', 'ä'), startsWithUTF8('ä', unhex('C3')), endsWithUTF8('ä', unhex('A4')), startsWith('ä', unhex('C3'))
SELECT startsWithCaseInsensitive('Hello', 'hE'), endsWithCaseInsensitive('Hello', 'LO'), startsWithCaseInsensitiveUTF8('Äb', 'ä'), endsWithCaseInsensitiveUTF8('bÄ', 'ä'), startsWithCaseInsensitive('Äb', 'ä'), endsWithCaseInsensitive('Hello', '')
SELECT startsWith([1, 2, 3], [1]), endsWith([1, 2, 3], [3]), startsWith([1, 2, 3], [2]), startsWith(['a'], [])
SELECT startsWith('hello', 1)
SELECT startsWith('hello')
SELECT x, startsWith(x, 'a'), endsWith(x, 'a') FROM (SELECT arrayJoin(['a', NULL, 'ba']) AS x)
SELECT trim('  a b  '), trimLeft('  a  '), trimRight('  a  '), trimBoth('  a  '), ltrim('  a'), rtrim('a  '), trimBoth('xxaxx', 'x'), trimLeft('xyaxy', 'yx'), trimRight('xyaxy', 'yx'), trim(BOTH ' ()' FROM '(   Hello, world!   )'), trim(LEADING 'x' FROM 'xxa'), trim(TRAILING 'x' FROM 'axx')
SELECT hex(trim('\ta\n ')), trimBoth('aaa', 'a'), trimBoth('', 'a'), trimBoth('abc', ''), trimBoth('äaä', 'ä')
SELECT trim(1)
SELECT trimBoth('a', 1)
SELECT ltrim(x), rtrim(x), trim(x), trimBoth(x, 'ab') FROM (SELECT arrayJoin([' a ', NULL, 'bab']) AS x)
SELECT normalizeUTF8NFC(unhex('65CC81')), hex(normalizeUTF8NFC(unhex('65CC81'))), hex(normalizeUTF8NFD('é')), normalizeUTF8NFKC('ﬁ①'), hex(normalizeUTF8NFKD('ﬁé')), normalizeUTF8NFC(''), normalizeUTF8NFC('abc')
SELECT normalizeUTF8NFC(1)
SELECT encodeXMLComponent('<a b="c" d=\'e\'>&</a>'), encodeXMLComponent('ä'), encodeXMLComponent(''), decodeXMLComponent('&lt;a&gt; &amp; &quot;&apos;'), decodeXMLComponent('&#65;&#x42;&#x20AC; &unknown; & &lt'), decodeXMLComponent('&#xD800; &#1114112; &#0;')
SELECT decodeXMLComponent('&amp;lt;'), decodeXMLComponent('&#;'), decodeXMLComponent('&#x;'), decodeXMLComponent('&LT;'), decodeXMLComponent('a&#38;b'), decodeXMLComponent('&#X41;'), decodeXMLComponent('&#x1F600;')
SELECT decodeHTMLComponent('&lt;a&gt; &amp; &quot;&apos;&nbsp;&copy;&euro;&Auml;&hearts;'), decodeHTMLComponent('&#65;&#x20AC;&foo;&lt'), decodeHTMLComponent('&ngE;&NotEqualTilde;&fjlig;'), decodeHTMLComponent('&amp&copy')
SELECT encodeXMLComponent(1)
SELECT extractTextFromHTML('<html><head><title>T</title></head><body>Hello, <b>world</b>!<br>x</body></html>'), extractTextFromHTML('<a href="x>y">q</a>  a\n\n b'), extractTextFromHTML('<script>alert(1)</script>x<style>p{}</style>y'), extractTextFromHTML('<!-- comment -->a<![CDATA[ <b>x</b> ]]>b'), extractTextFromHTML('a < b > c'), extractTextFromHTML(''), extractTextFromHTML('&amp; &lt;')
SELECT extractTextFromHTML('  <p>a</p><p>b</p>  '), extractTextFromHTML('<b'), extractTextFromHTML('x <script>'), extractTextFromHTML('<SCRIPT>a</SCRIPT>b'), extractTextFromHTML('<scripty>a</scripty>b')
SELECT ascii('abc'), ascii(''), ascii('ä'), ASCII('0'), ascii(toNullable('a'))
SELECT ascii(1)
SELECT soundex(''), soundex('hello'), soundex('Robert'), soundex('Rupert'), soundex('Tymczak'), soundex('Pfister'), soundex('Honeyman'), soundex('12 a'), soundex('é'), soundex('Ashcraft'), SOUNDEX('fix'), soundex('a1b2c3'), soundex('Jackson'), soundex('Lee')
SELECT soundex(1)
SELECT initcap('hello world-foo bar_baz 1abc'), initcap('ÉCOLE été'), initcapUTF8('éCOLE ñandú o\'neil 1abc'), INITCAP('ABC def'), initcap('')
SELECT initcap(1)
SELECT firstLine('foo\nbar\nbaz'), firstLine('foo\r\nbar'), firstLine('foo'), firstLine(''), firstLine('\nx'), firstLine('a\rb')
SELECT firstLine(1)
SELECT format('{1} {0} {1}', 'World', 'Hello'), format('{} {}', 'a', 'b'), format('no', 'a'), format('{{}} {}', 'a'), format('', 'a'), format('{0}{0}', 1)
SELECT format('{} {1}', 'a', 'b')
SELECT format('{2}', 'a')
SELECT format('{', 'a')
SELECT format('}', 'a')
SELECT format('{x}', 'a')
SELECT format('a')
SELECT format('{} {}', 'a')
SELECT format('{}-{}', number, toString(number)) FROM numbers(3)
SELECT translate('Hello, World!', 'delor', 'DELOR'), translate('clickhouse', 'CLICK', 'random'), translate('abc', 'ab', 'xy'), translate('abc', '', ''), translateUTF8('Münchener Straße', 'üß', 'us'), translateUTF8('aé', 'é', '€'), translate('abca', 'aa', 'xy')
SELECT translate('abc', 'ab', 'x')
SELECT translateUTF8('äbc', 'äb', 'x')
SELECT translate('abc', 'ä', 'xy')
SELECT translate('abc', 'a', 'xy')
SELECT translate(1, 'a', 'b')
SELECT overlay('Spark SQL', 'CORE', 7), overlay('Spark SQL', 'ANSI ', 7, 0), overlay('Spark SQL', 'tructured', 2, 4), overlay('abc', 'X', -1), overlay('abc', 'X', 10), overlay('abc', 'X', 0), overlay('abc', 'XYZ', 2, -1), overlay('abc', 'X', 2, 100), overlay('', 'X', 1), OVERLAY('abc', 'X', 1)
SELECT overlayUTF8('Spärk SQL', 'ÜX', 3), overlayUTF8('äöü', 'X', 2, 1), overlayUTF8('äöü', 'X', -1), overlayUTF8('äöü', 'X', -3, 2)
SELECT overlay('abc', 'X')
SELECT overlay('abc', 1, 1)
SELECT overlay('abc', 'X', 'y')
SELECT basename('some/long/path/to/file'), basename('some\\long\\path\\to\\file'), basename('some-file-name'), basename('a/'), basename('')
SELECT stringJaccardIndex('clickhouse', 'mouse'), stringJaccardIndex('', ''), stringJaccardIndex('a', 'b'), stringJaccardIndex('ab', 'ab'), stringJaccardIndexUTF8('äöü', 'äöx'), stringJaccardIndex('a', 'abc')
SELECT byteHammingDistance('karolin', 'kathrin'), byteHammingDistance('', ''), byteHammingDistance('ab', 'abcd'), mismatches('abc', 'abd')
SELECT editDistance('clickhouse', 'mouse'), editDistance('', 'abc'), editDistance('ä', 'a'), levenshteinDistance('a', 'b'), editDistanceUTF8('ä', 'a'), levenshteinDistanceUTF8('ääb', 'äb'), editDistanceUTF8('我是谁', '我是我')
SELECT damerauLevenshteinDistance('clickhouse', 'mouse'), damerauLevenshteinDistance('ab', 'ba'), damerauLevenshteinDistance('ca', 'abc'), damerauLevenshteinDistance('', 'a'), damerauLevenshteinDistance('abcd', 'acbd')
SELECT jaroSimilarity('clickhouse', 'click'), jaroSimilarity('', ''), jaroSimilarity('MARTHA', 'MARHTA'), jaroWinklerSimilarity('MARTHA', 'MARHTA'), jaroWinklerSimilarity('DIXON', 'DICKSONX'), jaroWinklerSimilarity('clickhouse', 'click'), jaroWinklerSimilarity('a', 'b'), jaroWinklerSimilarity('abcdef', 'abcdxy'), jaroWinklerSimilarity('ä', 'a'), jaroWinklerSimilarity('', '')
SELECT editDistance(1, 'a')
SELECT byteHammingDistance('a')
SELECT stringJaccardIndexUTF8(unhex('FF'), 'a')
SELECT editDistance(x, 'ab'), byteHammingDistance(x, 'ab'), jaroSimilarity(x, 'ab') FROM (SELECT arrayJoin(['ab', NULL, 'b']) AS x)
SELECT compareSubstrings('Saxony', 'Anglo-Saxon', 0, 6, 5), compareSubstrings('abc', 'abd', 0, 0, 2), compareSubstrings('abc', 'abd', 0, 0, 3), compareSubstrings('abc', 'abc', 5, 0, 3), compareSubstrings('abc', 'abc', 5, 5, 3), compareSubstrings('abd', 'abc', 0, 0, 0)
SELECT stringBytesUniq('hello'), stringBytesUniq(''), stringBytesEntropy('hello'), stringBytesEntropy('')
SELECT reverseBySeparator('www.google.com'), reverseBySeparator('a/b/c', '/'), reverseBySeparator('', '.'), reverseBySeparator('a..b', '.')
SELECT ngrams('clickhouse', 3), ngrams('ab', 3), ngrams('äöü', 2), ngrams('', 1)
SELECT ngrams('abc', 0)
SELECT ngrams(1, 2)
SELECT d, lengthUTF8(d), leftPad(d, 5), reverseUTF8(d), toTypeName(leftPad(d, 5)), toTypeName(lengthUTF8(d)), startsWith(d, 'a'), toTypeName(startsWith(d, 'a')), trim(d), toTypeName(trim(d)), concat(d, 'x'), toTypeName(concat(d, 'x')) FROM (SELECT arrayJoin(['a,b'::Dynamic, NULL]) AS d)
SELECT toTypeName(substringIndex(d, ',', 1)), toTypeName(editDistance(d, 'a')), toTypeName(jaroSimilarity(d, 'a')), toTypeName(substring(d, 1)), toTypeName(repeat(d, 2)), toTypeName(ngrams(d, 2)), toTypeName(format('{}', d)), toTypeName(translate(d, 'a', 'b')), toTypeName(initcap(d)) FROM (SELECT 'a,b'::Dynamic AS d)
SELECT substringUTF8('hello')
SELECT format('{1} {0}', 'a', 'b'), format('a{{b}}', 'x'), format('{00}', 'a')
SELECT format('{0} {}', 'a', 'b')
SELECT format('{-1}', 'a')
SELECT format('{0', 'a')
SELECT translate('Hello, World!', 'delor', 'DELOR'), translate('clickhouse', 'CLICK', 'rando'), translate('abc', 'ab', 'xy'), translate('abc', '', ''), translateUTF8('Münchener Straße', 'üß', 'us'), translateUTF8('aé', 'é', '€'), translate('abca', 'aa', 'xy'), translate('äb', 'b', 'x'), translateUTF8(unhex('FF62'), 'b', 'x')
SELECT stringJaccardIndex('aab', 'ab'), stringJaccardIndex('a', ''), stringJaccardIndexUTF8('', 'ab')
SELECT leftUTF8('hello', 2.5), left('hello', toUInt64(18446744073709551615)), left('hello', true), substring('hello', toUInt64(18446744073709551615)), substring('hello', 2, toUInt64(18446744073709551615)), repeat('a', true), repeat('ab', toInt64(-5))
SELECT space(1.5)
SELECT leftPad('abc', 2.5)
SELECT leftPad('abc', 100000000000)
SELECT overlay('abc', 'X', 1.0)
SELECT firstLine('a\r\nb'), firstLine('\r\n'), firstLine('a\n\rb')
SELECT soundex('hh'), soundex('ab'), soundex('Burroughs'), soundex('Burrows'), soundex('aeiou'), soundex('bwb'), soundex('bhb'), soundex('bab'), soundex('b1b'), soundex(' x')
SELECT ascii(unhex('FF')), initcap('élan a_b1c é'), initcapUTF8('a_b1c d1e ß ǆ')
SELECT toValidUTF8(unhex('C0AFE28241EDA080F4908080')), hex(toValidUTF8(unhex('EDA080'))), toValidUTF8(unhex('C3')), toValidUTF8(unhex('41C3')), isValidUTF8(unhex('EDA080')), isValidUTF8(unhex('F4908080')), unhex('C0AFE28241EDA080F4908080FF')
SELECT substringIndex('a..b', '.', 1), substringIndex('a..b', '.', -1), substringIndex('aXbXc', 'X', -2)
SELECT substringIndexUTF8('a', 'bc', 1)
SELECT startsWithCaseInsensitive('É', 'é'), startsWithCaseInsensitiveUTF8('ẞ', 'ß'), startsWithCaseInsensitiveUTF8('ſa', 'S')
SELECT ngrams('abc', -1)
SELECT ngrams('abc', 1.5)
SELECT ngrams(unhex('FF41'), 1), basename('a\\b/c'), basename('/a'), reverseBySeparator('abc', ''), reverseBySeparator('a--b--c', '--')
SELECT decodeXMLComponent('&#0000065;'), decodeXMLComponent('&#00000065;'), decodeXMLComponent('&#x000041;'), decodeXMLComponent('&#x0000041;'), decodeXMLComponent('&#65'), decodeXMLComponent('&#65;66;'), decodeXMLComponent('&#-1;'), decodeXMLComponent('&#xg;'), decodeXMLComponent('&&lt;'), decodeXMLComponent('&a&lt;'), decodeXMLComponent('&nbsp;'), hex(decodeXMLComponent('&#xD800;')), hex(decodeXMLComponent('&#128;')), decodeXMLComponent('&#x110000;')
SELECT decodeHTMLComponent('&#x110000;'), hex(decodeHTMLComponent('&#128;')), decodeHTMLComponent('&AMP;'), decodeHTMLComponent('&Lt;'), decodeHTMLComponent('&&lt;'), decodeHTMLComponent('&a&lt;'), decodeHTMLComponent('&notit;'), decodeHTMLComponent('&not;'), decodeHTMLComponent('&CounterClockwiseContourIntegral;'), decodeHTMLComponent('a &#8364; b'), decodeHTMLComponent('&#00000065;')
SELECT extractTextFromHTML('a<b>b</b>c'), extractTextFromHTML('a  b\n\tc'), extractTextFromHTML('<a>x'), extractTextFromHTML('x<'), extractTextFromHTML('x<>y'), extractTextFromHTML('<!-- a -- b --> c'), extractTextFromHTML('<!---->c'), extractTextFromHTML('<![CDATA[a  b]]>c'), extractTextFromHTML('x<![CDATA[a'), extractTextFromHTML('<script type="x">a</script>b'), extractTextFromHTML('<script>a</scripT>b'), extractTextFromHTML('<script>a</script >b'), extractTextFromHTML('<style>a</script>b</style>c'), extractTextFromHTML('<scriptx>a</scriptx>'), extractTextFromHTML('< script>a</script>b'), extractTextFromHTML('<br/>a<br/>b'), extractTextFromHTML('a<!DOCTYPE html>b'), extractTextFromHTML('<script/>a</script>b')
SELECT extractTextFromHTML('<![CDATA[a ]]>'), extractTextFromHTML('<![CDATA[ a]]>'), extractTextFromHTML('x <![CDATA[ a ]]> y'), extractTextFromHTML('<![CDATA[a]]><![CDATA[b]]>'), extractTextFromHTML('<![CDATA[]]>a'), extractTextFromHTML('x<![CDATA[\ta]]>')
SELECT normalizeUTF8NFC(unhex('FF'))
SELECT upperUTF8('ŉǆ'), lowerUTF8('ΑΣ'), lowerUTF8(unhex('FF41')) = unhex('FF61'), jaroWinklerSimilarity('MARTHA', 'MARHTA')
SELECT printf('%d', 5);
SELECT printf('%i|%5d|%-5d|%05d|%+d|% d', 1, 2, 3, 4, 5, 6);
SELECT printf('%u %x %X %o %c', 255, 255, 255, 8, 65);
SELECT printf('%s|%10s|%-10s|%.2s', 'a', 'b', 'c', 'defg');
SELECT printf('%f %.2f %e %E %g %G %a', 1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5);
SELECT printf('%d', 1.5);
SELECT printf('%f', 1);
SELECT printf('%s', 1);
SELECT printf('%d', '1');
SELECT printf('%%');
SELECT printf('%d');
SELECT printf('abc');
SELECT printf('abc', 1);
SELECT printf('%d %d', 1);
SELECT printf();
SELECT printf('%s %d', number % 2 ? 'odd' : 'even', number) FROM numbers(3);
SELECT printf('%d', NULL);
SELECT printf('%d', toNullable(3));
SELECT printf('%d', CAST(NULL, 'Nullable(Int32)'));
SELECT printf('%s', toDate('2020-01-01'));
SELECT printf('%d', toDate('2020-01-01'));
SELECT printf('%s', toString(toDate('2020-01-01')));
SELECT printf('%5%');
SELECT printf('%#x %#o %#X', 255, 8, 255);
SELECT printf('%d %d', toInt64(-9223372036854775808), toUInt64(18446744073709551615));
SELECT printf('%u %x', toInt8(-1), toInt8(-1));
SELECT printf('%d', toUInt8(200));
SELECT printf('%ld %lld %hd', 1, 2, 3);
SELECT printf('%z', 1);
SELECT printf('%', 1);
SELECT printf('%f', toFloat32(0.1));
SELECT printf('%f %f %f', nan, inf, -inf);
SELECT printf('%s', '');
SELECT printf('%d', true);
SELECT printf('%s', true);
SELECT printf('%d%s%f%d', 1, 'x', 2.5, 3);
SELECT printf('%n', 1);
SELECT printf('%p', 1);
SELECT printf('%s', [1]);
SELECT printf('%f', toDecimal64(1.5, 2));
SELECT printf('%d', toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0'));
SELECT printf('%s', toFixedString('ab', 3));
SELECT printf('%x %o %X', -1, -1, -255);
SELECT printf('%.3d %.0f %10.3f|%-10.2e|%+.1f', 5, 2.5, 3.14159, 1234.5, 2.0);
SELECT printf('%c %c', 'a', 300);
SELECT printf('%s', CAST('a', 'Enum8(''a'' = 1)'));
SELECT printf('a\0%db', 1);
SELECT printf('%F %A', 1.5, 255.5);
SELECT printf('%g %g %g %g', 100000, 1e10, 1e-5, 0.0001);
SELECT printf('%g %g %g %g', 100000., 1e10, 1e-5, 0.0001);
SELECT printf('%10g|%-12g|%#g|%.3g', 1.5, 1.5, 1.5, 1234.567);
SELECT printf('%''d', 1234567);
SELECT printf(materialize('%d'), number) FROM numbers(2);
SELECT printf('%05d|%-05d|%+05d|%5s|%-5s|%05s', -42, -42, 42, 'é', 'é', 'a');
SELECT printf('%010.2f|%+010.2f|%-10.2f|% .2f', -1.5, 1.5, 1.5, 1.5);
SELECT printf('%g %g %g %g', 0., -0., 1e300, 123456789.);
SELECT printf('%e %.0e %.3E', 0., 15., 1e-300);
SELECT printf('%a %a %.2a %.0a %a', 0., -1., 1.999, 1.5, 5e-324);
SELECT printf('%.3s|%.0s|%.10s', 'abcdef', 'abc', 'abc');
SELECT printf('%x %#x %#o', 0, 0, 0);
SELECT printf('%08x|%#08x|%-8x|', 255, 255, 255);
SELECT printf('%s and %s: %d%%', 'a', 'b', 50);
SELECT printf('%.10f %.15g', toFloat32(0.1), toFloat32(0.1));
SELECT printf('%c%c%c', 72, 105, 33);
SELECT printf('%5c|%-5c|', 65, 66);
SELECT printf('%+s', 'a');
SELECT printf('%+u % x', 5, 5);
SELECT printf('%.2s|%.1s|%5.1s|', 'éàü', 'é', 'éa');
SELECT printf('%+#x|% #o|%+c|%#d', 255, 8, 65, 5);
SELECT printf('%.0d|%.1d|%5.3d|%-6.3d|%06.3d', 0, 0, 5, -5, 5);
SELECT printf('%05s|%-05s|%05c', 'a', 'a', 65);
SELECT printf('%06.1f|%+06d|% 06d|%06f', nan, 5, 5, inf);
SELECT printf('%.20f %.20g', 0.1, 0.1);
SELECT printf('%#g %#.0f %#.0e %#a', 1., 2., 3., 1.);
SELECT printf('%.3a|%12a|%-12a|%012a', 3.14159, 1.5, 1.5, 1.5);
SELECT printf('%g|%g|%.0g|%.1g|%.10g', 999999.5, 1000000., 15., 0.00012345, 1/3);
SELECT printf('%#.7o|%#.1o|%#3.7o', 5, 8, 65);
