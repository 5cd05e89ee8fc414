"""What the grammar knows of functions: templates by the kind of their answer.

In a template `{int}` is an expression of that kind, `{k}` a small number, `{c…}` a constant, `{?}` anything, `{any}` the kind that
`{any}` means in the whole template, and `{x=int:cond}` a condition in which the lambda's parameter `x` is an int.
Kinds: int float num dec str date dt dt64 time (any of the three) bool cond uuid enum fstr
ai an af as ans ad aa (arrays) mi ms (maps) tup dyn objects.
"""

SCALAR = {
    "int": """
        {int} + {int} | {int} - {int} | {int} * {k} | intDiv({int}, {pk}) | {int} % {nz} | modulo({int}, {nz}) | -({int}) | abs({int})
        negate({int}) | sign({num}) | length({str}) | lengthUTF8({str}) | length({ai}) | length({as}) | length({mi}) | position({str}, {cs})
        positionCaseInsensitive({str}, {cs}) | locate({cs}, {str}) | toInt64({int}) | toInt32({int}) | toUInt8({int}) | toInt8({int}) | toUInt64({int})
        toUInt16({int}) | toInt16({int}) | toUInt32({int})
        toInt64({float}) | toInt32({bool}) | toInt64({dec}) | toInt64OrZero({str}) | toInt64OrNull({str}) | toUInt8OrNull({str}) | toInt32OrDefault({str}, toInt32({k}))
        toInt32({date}) | toUInt16({date}) | toUnixTimestamp({dt}) | toInt64({dt}) | accurateCastOrNull({int}, 'UInt8') | accurateCastOrNull({int}, 'Int16')
        toYear({time}) | toMonth({time}) | toDayOfMonth({time}) | toDayOfWeek({time}) | toDayOfWeek({time}, {k3}) | toHour({dtt}) | toMinute({dtt}) | toSecond({dtt}) | toQuarter({time})
        toDayOfYear({time}) | toISOWeek({time}) | toISOYear({time}) | toWeek({time}) | toWeek({time}, {k9}) | toYearWeek({time}) | toYYYYMM({time}) | toYYYYMMDD({time}) | toYYYYMMDDhhmmss({dtt})
        toRelativeDayNum({time}) | toRelativeMonthNum({time}) | toRelativeWeekNum({time}) | toRelativeHourNum({dtt}) | toRelativeYearNum({time}) | toMillisecond({dt64})
        dateDiff({cunit}, {time}, {time}) | age({cunit}, {time}, {time}) | {date} - {date} | {dt} - {dt} | toUnixTimestamp64Milli({dt64}) | toDaysSinceYearZero({date})
        bitAnd({int}, {int}) | bitOr({int}, {int}) | bitXor({int}, {int}) | bitNot({int}) | bitShiftLeft({int}, {k}) | bitShiftRight({int}, {k}) | bitCount({int}) | bitTest({int}, {k}) | bitRotateLeft({int}, {k})
        gcd({int}, {nz}) | lcm({sm}, {nz}) | greatest({int}, {int}) | least({int}, {int}) | intDivOrZero({int}, {int}) | moduloOrZero({int}, {int}) | positiveModulo({int}, {nz})
        round({int}, -1) | floor({int}, -1) | roundToExp2({int}) | roundDown({int}, [0, 5, 10]) | toInt32(round({sm}))
        arraySum({ai}) | arrayMin({ai}) | arrayMax({ai}) | arrayCount({x=int:x->cond}, {ai}) | arraySum({x=int:x->int}, {ai}) | arrayFirst({x=int:x->cond}, {ai}) | arrayLast({x=int:x->cond}, {ai})
        arrayFirstIndex({x=int:x->cond}, {ai}) | arrayLastIndex({x=int:x->cond}, {ai}) | arrayUniq({ai}) | arrayUniq({as}) | indexOf({ai}, {k}) | indexOf({as}, {cs}) | countEqual({ai}, {int}) | countEqual({as}, {str}) | {ai}[{idx}] | arrayElement({ai}, {idx})
        {an}[{idx}] | arrayElementOrNull({ai}, {idx}) | {mi}[{cs}] | {tup}.1 | tupleElement({tup}, 1) | arrayProduct({ai}) | dotProduct({ai}, {ai}) | arrayFold({acc=int,x=int:acc, x->int}, {ai}, toInt64({k}))
        length(mapKeys({mi})) | ascii({str}) | countSubstrings({str}, {cs}) | countMatches({str}, {cre}) | JSONExtractInt({str}, 'a') | JSONLength({str}) | JSONLength({str}, 'b') | toUInt8({cond}) | toInt8({enum})
        levenshteinDistance({str}, {str}) | byteHammingDistance({str}, {str}) | bitHammingDistance({int}, {int}) | multiIf({cond}, {int}, {cond}, {int}, {int})
        cityHash64({str}) | sipHash64({str}) | xxHash64({str}) | CRC32({str}) | cityHash64({int}) | intHash32({int}) | murmurHash2_64({str}) | sipHash64({int}, {str}) | cityHash64({str}, {date}, {int})
        max2({sm}, {sm}) | factorial({k}) | byteSwap({int}) | toUInt64OrDefault({str}, toUInt64({k})) | char_length({str}) | OCTET_LENGTH({str}) | EXTRACT(YEAR FROM {time}) | EXTRACT(MONTH FROM {time}) | {bool} + {int}
        multiSearchFirstPosition({str}, ['a', 'e']) | multiSearchFirstIndex({str}, ['z', 'o']) | {int} DIV {pk} | {int} MOD {nz} | toTypeName({?}) = '' | length({aa}) | timezoneOffset({dt})
        arrayMax({x=int:x->int}, {ai}) | arrayMin({x=str:x->int}, {as}) | widthBucket({sm}, 0, 10, 4) | bitSlice(CAST({sm}, 'String'), 1, 8) = '' | caseWithExpression({sm}, 1, {int}, 2, {int}, {int}) | ifNull({int}, {k}) | tupleElement(({int}, {str}), 1)
        parseReadableSizeOrNull({str}) | arrayReduce('sum', {ai}) | arrayReduce('uniqExact', {as}) | toUInt32(toDate({dt})) | toDate({dt}) - toDate({dt64}) | toInt64(toDateTime({dt64})) | minus({date}, {date}) | countDigits({int}) | isNull({?}) + {k}
        JSONExtract({str}, 'a', 'Int64') | JSONExtract({str}, 'a', 'Nullable(Int64)') | JSONExtractUInt({str}, 'a') | arrayDistinct({ai})[1] | arrayReverse({ai})[{idx}] | CAST({str}, 'Nullable(Int32)') | {int}::Nullable(Int64) | CAST({float}, 'Int64') | CAST({dec}, 'Int32')
    """,
    "float": """
        {float} + {num} | {float} - {num} | {float} * {num} | {num} / {num} | {int} / {int} | -({float}) | abs({float}) | sqrt({num}) | exp({smf}) | ln({num}) | log2({num}) | log10({num}) | log1p({smf})
        sin({smf}) | cos({smf}) | tan({smf}) | atan({num}) | pow({smf}, {k}) | power({sm}, {smf}) | cbrt({num}) | round({float}) | round({float}, {k3}) | floor({float}) | ceil({float}) | trunc({float}) | floor({float}, {k3}) | ceil({float}, 1) | trunc({float}, 1) | roundBankers({float}, {k3})
        toFloat64({int}) | toFloat64({dec}) | toFloat64OrNull({str}) | toFloat64OrZero({str}) | toFloat32({sm}) | toFloat64({bool}) | arraySum({af}) | arrayAvg({ai}) | arrayAvg({af}) | arrayMin({af}) | arrayMax({af}) | {af}[{idx}] | greatest({float}, {num}) | least({float}, {num})
        if({cond}, {float}, {float}) | multiIf({cond}, {float}, {float}) | ifNotFinite({float}, {float}) | L2Norm({af}) | L1Norm({ai}) | LinfNorm({af}) | cosineDistance({ai}, {ai}) | hypot({smf}, {smf}) | atan2({smf}, {smf}) | degrees({smf}) | radians({smf}) | sigmoid({smf}) | erf({smf}) | tanh({smf})
        {float} % {nz} | JSONExtractFloat({str}, 'a') | arrayAvg({x=int:x->float}, {ai}) | coalesce({float}, {float}) | nullIf({float}, {num}) | ifNull({float}, {float}) | ngramDistance({str}, {str})
        CAST({str}, 'Nullable(Float64)') | {num}::Float64 | clamp({float}, {k}, 10) | e() | pi() * {sm} | {dec} * {float} | {dec} / {nz} | toFloat64({dt}) | arrayFold({acc=float,x=float:acc, x->float}, {af}, toFloat64({k})) | arraySum({x=float:x->float}, {af}) | arrayReduce('avg', {ai}) | stringJaccardIndex({str}, {str})
    """,
    "dec": """
        {dec} + {dec} | {dec} - {dec} | {dec} * {sm} | {dec} + {sm} | -({dec}) | abs({dec}) | round({dec}, {k3}) | floor({dec}, 1) | ceil({dec}) | trunc({dec}, 1) | toDecimal64({sm}, 3) | toDecimal32({smf}, 2) | toDecimal64OrNull({str}, 2) | toDecimal64OrZero({str}, 4) | CAST({sm}, 'Decimal(10, 2)') | CAST({dec}, 'Decimal(12, 1)')
        greatest({dec}, {dec}) | least({dec}, {dec}) | if({cond}, {dec}, {dec}) | coalesce({dec}, {dec}) | nullIf({dec}, {dec}) | toDecimal128({dec}, 6) | {dec} * {dec} | CAST({cnum}, 'Decimal(9, 3)') | {dec} / {dnz} | arraySum([{dec}, {dec}]) | arrayMax([{dec}, {dec}])
    """,
    "str": """
        upper({str}) | lower({str}) | concat({str}, {str}) | {str} || {str} | concat({str}, {int}) | substring({str}, {idx}) | substring({str}, {idx}, {k}) | substring({str}, {pk}, {sm}) | left({str}, {idx}) | right({str}, {idx}) | reverse({str}) | reverseUTF8({str}) | substringUTF8({str}, {idx}, {k}) | upperUTF8({str}) | lowerUTF8({str})
        trim({str}) | trimLeft({str}) | trimRight({str}) | trim(BOTH 'a' FROM {str}) | leftPad({str}, {k9}, 'xy') | rightPad({str}, {k9}) | leftPadUTF8({str}, {k9}, 'é') | repeat({str}, {k}) | replaceAll({str}, {cs}, {cs}) | replaceOne({str}, {cs}, {cs}) | replaceRegexpAll({str}, {cre2}, {crep}) | replaceRegexpOne({str}, {cre2}, {crep}) | extract({str}, {cre}) | regexpExtract({str}, '([a-z])([a-z]*)', {k3})
        toString({int}) | toString({float}) | toString({dec}) | toString({time}) | toString({bool}) | toString({uuid}) | toString({enum}) | toString({ai}) | toString({as}) | toString({mi}) | toString({tup}) | toString({cond}) | toString({aa}) | toString({an}) | toString({fstr}) | CAST({?}, 'String')
        {as}[{idx}] | arrayStringConcat({as}, {csep}) | arrayStringConcat({ai}, ',') | arrayStringConcat({as}) | splitByChar({cch}, {str})[{idx}] | splitByString({csep2}, {str})[1] | {ms}[{cs}] | {tup}.2 | format('{} and {}', {str}, {str}) | format('{1}-{0}', {str}, {str}) | hex({str}) | hex({int}) | bin({sm}) | unhex(hex({str})) | base64Encode({str}) | MD5({cs}) = '' | lower(hex(MD5({str}))) | hex(SHA256({str})) | initcap({str}) | initcapUTF8({str})
        formatDateTime({time}, {cfmt}) | dateName({cname}, {time}) | monthName({time}) | if({cond}, {str}, {str}) | multiIf({cond}, {str}, {cond}, {str}, {str}) | coalesce({str}, {str}) | ifNull({str}, {cs}) | nullIf({str}, {str}) | greatest({str}, {str}) | least({str}, {str}) | CASE WHEN {cond} THEN {str} ELSE {str} END | CASE {str} WHEN {str} THEN {str} WHEN {cs} THEN {str} END
        domain({str}) | protocol({str}) | path({str}) | cutQueryString({str}) | extractURLParameter({str}, 'x') | domainWithoutWWW({str}) | topLevelDomain({str}) | queryString({str}) | fragment({str}) | cutFragment({str}) | pathFull({str}) | cutWWW({str}) | netloc({str}) | encodeURLComponent({str}) | decodeURLComponent({str})
        JSONExtractString({str}, 'a') | JSONExtractRaw({str}, 'b') | JSONExtractRaw({str}, 'b', 'c') | JSONExtractString({str}, 'b', 1) | simpleJSONExtractString({str}, 'a') | toJSONString({?}) | JSON_VALUE({str}, '$.a') | JSONType({str}, 'b') | JSONExtract({str}, 'b', 'Array(Int64)')::String | JSON_QUERY({str}, '$.b') | JSONExtractKeys({str})[1] | arrayFirst({x=str:x->cond}, {as}) | arrayFold({acc=str,x=str:acc, x->str}, {as}, {str}) | toTypeName({?}) | toTypeName({any})
        translate({str}, 'abc', 'xyz') | substringIndex({str}, {cch}, {idx}) | soundex({str}) | normalizeUTF8NFC({str}) | concatWithSeparator({csep}, {str}, {str}) | toFixedString({cs3}, 3) | toStringCutToZero({cs3}) | formatReadableSize({sm}) | formatReadableQuantity({num}) | formatReadableTimeDelta({sm}) | toDecimalString({dec}, 3) | overlay({str}, {cs}, {pk}) | ascii({str})::String | char({pk} + 64, 98) | space({k}) | regexpQuoteMeta({str}) | toValidUTF8({str}) | bitmaskToList({sm}) | tupleElement(({int}, {str}), 2) | mapKeys({mi})[1]
        {str}::String | splitByNonAlpha({str})[1] | extractAll({str}, {cre})[1] | tokens({str})[{idx}] | ngrams({str}, 2)[1] | arrayReduce('max', {as}) | arraySort({as})[1] | reverse({ai})::String | toString(({?}, {?})) | toString([{any}, {any}]) | caseWithExpression({str}, {cs}, {str}, {str}) | encodeXMLComponent({str}) | appendTrailingCharIfAbsent({str}, '/') | firstLine({str}) | base58Encode({str}) | tryBase64Decode({str}) | IPv4NumToString(toUInt32({k})) | timezoneOf({dt})
    """,
    "date": """
        toDate({dt}) | toDate({dt64}) | toStartOfMonth({time}) | toStartOfYear({time}) | toStartOfQuarter({time}) | toMonday({time}) | toStartOfWeek({time}) | toStartOfWeek({time}, {k3}) | toLastDayOfMonth({time}) | {date} + {sm} | {date} - {sm} | {date} + INTERVAL {sm} DAY | {date} + INTERVAL {sm} MONTH | {date} - INTERVAL {k} WEEK | {date} + INTERVAL {k} YEAR | addDays({date}, {sm}) | addMonths({date}, {sm}) | addYears({date}, {k}) | subtractDays({date}, {sm}) | addWeeks({date}, {sm}) | addQuarters({date}, {sm}) | subtractMonths({date}, {sm})
        greatest({date}, {date}) | least({date}, {date}) | if({cond}, {date}, {date}) | coalesce({date}, {date}) | nullIf({date}, {date}) | toDateOrZero({cdate}) | toDate({cdate}) | makeDate(2024, {pk}, {pk}) | toStartOfInterval({date}, INTERVAL {cint}) | date_trunc('month', {time}) | date_trunc('year', {time}) | date_trunc('week', {date}) | {ad}[{idx}] | toDate32({date}) | toStartOfISOYear({time}) | arrayMax({ad}) | toDate({pk} * 5000) | DATE '2024-02-29' | CAST({cdate}, 'Date') | CAST({dt}, 'Date') | toDate(parseDateTimeBestEffort({cdt})) | fromDaysSinceYearZero(739000 + {sm}) | toLastDayOfWeek({time}) | YYYYMMDDToDate(20240200 + {k9})
    """,
    "dt": """
        toDateTime({date}) | toStartOfHour({dtt}) | toStartOfMinute({dtt}) | toStartOfDay({dtt}) | toStartOfFiveMinutes({dtt}) | toStartOfTenMinutes({dtt}) | toStartOfFifteenMinutes({dtt}) | toDateTime({dt64}) | {dt} + INTERVAL {sm} HOUR | {dt} - INTERVAL {sm} MINUTE | {dt} + INTERVAL {k} DAY | {dt} + INTERVAL {sm} SECOND | addHours({dt}, {sm}) | addMinutes({dt}, {sm}) | addSeconds({dt}, {sm}) | addMonths({dt}, {sm}) | {dt} + {sm} | {date} + INTERVAL {sm} HOUR | toStartOfInterval({dtt}, INTERVAL {cint}) | date_trunc('hour', {dtt}) | date_trunc('minute', {dt}) | date_trunc('day', {dt}) | parseDateTimeBestEffort({cdt}) | toDateTimeOrNull({str}) | toDateTime({cdt}) | fromUnixTimestamp({pk} * 100000000) | if({cond}, {dt}, {dt}) | greatest({dt}, {dt}) | coalesce({dt}, {dt}) | nullIf({dt}, {dt}) | timeSlot({dt}) | toTimeZone({dt}, 'Asia/Tokyo') | toTimeZone({dt}, 'America/New_York') | makeDateTime(2025, {pk}, {pk}, 1, 2, 3) | greatest({dt}, {date}) | toDateTime({cdt}, 'Europe/Berlin') | parseDateTime({cdt}, '%Y-%m-%d %H:%i:%s') | CAST({cdt}, 'DateTime') | toDateTime({pk} * 100000000) | {dt} + toIntervalDay({k})
    """,
    "dt64": """
        toDateTime64({dt}, 3) | toDateTime64({date}, 1) | {dt64} + INTERVAL {sm} SECOND | {dt64} - INTERVAL {k} DAY | {dt64} + INTERVAL {sm} MILLISECOND | addMilliseconds({dt64}, {sm}) | toDateTime64({cdt}, 2) | addDays({dt64}, {sm}) | addMonths({dt64}, {sm}) | toStartOfSecond({dt64}) | fromUnixTimestamp64Milli(toInt64({sm} + 1000000000000)) | parseDateTime64BestEffort({cdt}, 3) | if({cond}, {dt64}, {dt64}) | coalesce({dt64}, {dt64}) | toStartOfMillisecond({dt64}) | greatest({dt64}, {dt}) | CAST({dt64}, 'DateTime64(1)') | {dt} + INTERVAL {k} MILLISECOND | toStartOfInterval({dt64}, INTERVAL {k1} SECOND)
    """,
    "bool": """
        {bool} AND {bool} | NOT {bool} | {bool} OR {bool} | toBool({int}) | CAST({sm}, 'Bool') | if({cond}, {bool}, {bool}) | coalesce({bool}, {bool}) | true | false | {cond}::Bool | xor({bool}, {bool}) | nullIf({bool}, {bool}) | JSONExtractBool({str}, 'a') | toBool({cbool})
    """,
    "cond": """
        {int} = {int} | {int} < {int} | {num} > {num} | {num} <= {num} | {num} != {num} | {int} >= {float} | {str} = {str} | {str} < {str} | {str} != {cs} | {date} = {date} | {date} > {cdate} | {dt} < {cdt} | {time} <= {time} | {dt64} >= {dt} | {dec} > {num} | {dec} = {dec} | {bool} = {bool} | {uuid} = {uuid} | {enum} = {cenum} | {enum} < {enum} | {any} = {any} | {any} < {any} | {any} IS NULL | {any} IS NOT NULL
        {cond} AND {cond} | {cond} OR {cond} | NOT {cond} | {cond} AND NOT {cond} | xor({cond}, {cond}) | {bool} | NOT {bool} | {int} | {int} BETWEEN {int} AND {int} | {str} BETWEEN {cs} AND {cs} | {date} NOT BETWEEN {date} AND {date} | {int} IN ({k}, {k}, {k}) | {int} NOT IN ({k}, {k}) | {int} IN ({k}, NULL) | {str} IN ({cs}, {cs}) | {str} NOT IN ({cs}, {cs}) | {date} IN ({cdate}, {cdate}) | ({int}, {str}) IN (({k}, {cs}), ({k}, {cs})) | {str} IN [{cs}, {cs}] | {tup} IN ((1, 'a'), (2, 'b')) | {float} IN (0.5, 1, 2.5) | {dec} IN (1.25, 100) | {enum} IN ('a', 'b')
        {str} LIKE {clike} | {str} NOT LIKE {clike} | {str} ILIKE {clike} | match({str}, {cre}) | startsWith({str}, {cs}) | endsWith({str}, {cs}) | empty({str}) | notEmpty({str}) | empty({ai}) | notEmpty({as}) | has({ai}, {k}) | has({as}, {cs}) | has({an}, {ni}) | hasAny({ai}, [{k}]) | hasAll({as}, [{cs}]) | arrayExists({x=int:x->cond}, {ai}) | arrayAll({x=str:x->cond}, {as}) | arrayExists({x=int:x->cond}, {an}) | hasToken({str}, 'a') | mapContains({mi}, {cs}) | isNull({?}) | isNotNull({?}) | isNaN({float}) | isFinite({float}) | isInfinite({float}) | if({cond}, {cond}, {cond}) | ifNull({cond}, 0) | coalesce({cond}, {cond}, 1)
        {int} IS DISTINCT FROM {int} | {str} IS NOT DISTINCT FROM {str} | {int} <=> {int} | {str} <=> {str} | greaterOrEquals({num}, {num}) | notEquals({str}, {str}) | {ai} = {ai} | {ai} < {ai} | {as} = {as} | {tup} = {tup} | {tup} < (1, 'b') | {ptup} = {ptup} | {ptup} < (1, 'b') | {ptup} >= {ptup} | {mi} = {mi} | JSONHas({str}, 'a') | isValidJSON({str}) | hasSubsequence({str}, 'ab') | startsWith({ai}, [{k}]) | {str} = {int}::String | '5' = {int} | {date} = '2024-02-29' | {fstr} = 'abc' | {fstr} = {str} | toBool({int}) | multiSearchAny({str}, ['a', 'z']) | isZeroOrNull({int}) | {bool} IS TRUE | {cond} IS NOT TRUE | hasSubstr({ai}, [{k}]) | {int} = {dec} | {dt} = {date} | toDate({dt}) = {date} | {uuid} = '61f0c404-5cb3-11e7-907b-a6006ad3dba0' | isIPv4String({str}) | arrayAll({x=int:x->cond}, {ai}) | has({mi}, {cs}) | {k} = {k} | {cond} ? {cond} : {cond}
    """,
    "uuid": """
        toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0') | toUUIDOrNull({str}) | if({cond}, {uuid}, {uuid}) | coalesce({uuid}, {uuid}) | nullIf({uuid}, {uuid}) | toUUIDOrDefault({str}, toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0')) | greatest({uuid}, {uuid})
    """,
    "enum": """
        if({cond}, {enum}, {enum}) | CAST({cenum}, 'Enum8(\\'a\\' = 1, \\'b\\' = 2, \\'zz\\' = -3)') | coalesce({enum}, {enum})
    """,
    "fstr": """
        toFixedString({cs3}, 3) | if({cond}, {fstr}, {fstr}) | CAST({cs3}, 'FixedString(3)')
    """,
    "ai": """
        [{int}, {int}] | [{sm}] | arrayMap({x=int:x->int}, {ai}) | arrayFilter({x=int:x->cond}, {ai}) | arraySort({ai}) | arrayReverse({ai}) | arraySort({x=int:x->int}, {ai}) | arrayReverseSort({ai}) | arrayConcat({ai}, {ai}) | range({k}) | range({k}, {k9}) | range({k}, {k9}, {pk}) | arraySlice({ai}, {idx}, {k}) | arraySlice({ai}, {idx}) | arrayPushBack({ai}, {int}) | arrayPushFront({ai}, {int}) | arrayPopBack({ai}) | arrayPopFront({ai}) | arrayEnumerate({as}) | arrayCumSum({ai}) | arrayDifference({ai}) | arrayMap({x=str:x->int}, {as}) | arrayMap({x=int,y=int:(x, y)->int}, {ai}, arrayEnumerate({ai})) | mapValues({mi}) | arrayFlatten({aa}) | {aa}[{idx}] | arrayWithConstant({k}, {int}) | arrayResize({ai}, {k}) | arrayResize({ai}, {k}, {int}) | arraySort(arrayIntersect({ai}, {ai})) | arrayFill({x=int:x->cond}, {ai}) | arrayReverseFill({x=int:x->cond}, {ai}) | arrayCompact({ai}) | arrayRotateLeft({ai}, {k}) | arrayShiftRight({ai}, {k}) | arrayEnumerateUniq({as}) | arrayEnumerateDense({as}) | if({cond}, {ai}, {ai}) | emptyArrayInt64() | CAST([{int}], 'Array(Int64)') | CAST({an}, 'Array(Nullable(Int32))') | arrayZip({ai}, {ai}).1 | JSONExtract({str}, 'b', 'Array(Int64)') | arrayPartialSort({k}, {ai})[1] = 0 ? [] : {ai} | arrayMap({x=int:x->int}, range({k})) | reverse({ai}) | arrayDistinct({ai}) | bitPositionsToArray({sm}) | arrayRemove({ai}, {k}) | arrayTopK({k}, {ai})
    """,
    "an": """
        [{ni}, {int}] | [NULL, {int}] | arrayMap({x=int:x->int}, {an}) | arrayFilter({x=int:x->cond}, {an}) | arraySort({an}) | arrayReverse({an}) | arrayReverseSort({an}) | arrayConcat({an}, {ai}) | arrayPushBack({an}, {ni}) | arrayDistinct({an}) | arrayMap({x=int:x->ni}, {ai}) | if({cond}, {an}, {ai}) | arraySlice({an}, {idx}) | arraySort({x=int:x->int}, {an})
    """,
    "af": """
        [{float}, {float}] | arrayMap({x=float:x->float}, {af}) | arrayMap({x=int:x->float}, {ai}) | arraySort({af}) | arrayReverse({af}) | arrayCumSum({af}) | arrayFilter({x=float:x->cond}, {af}) | arrayConcat({af}, {ai}) | CAST({ai}, 'Array(Float64)') | arrayDifference({af}) | arraySlice({af}, {idx}, {k})
    """,
    "as": """
        [{str}, {str}] | splitByChar({cch}, {str}) | splitByString({csep2}, {str}) | arrayMap({x=str:x->str}, {as}) | arrayMap({x=int:x->str}, {ai}) | arrayFilter({x=str:x->cond}, {as}) | arraySort({as}) | arrayReverse({as}) | arrayConcat({as}, {as}) | mapKeys({mi}) | mapValues({ms}) | arraySlice({as}, {idx}, {k}) | extractAll({str}, {cre}) | splitByRegexp({cre}, {str}) | splitByWhitespace({str}) | splitByNonAlpha({str}) | alphaTokens({str}) | arrayDistinct({as}) | arraySort(arrayIntersect({as}, {as})) | CAST({ai}, 'Array(String)') | JSONExtractArrayRaw({str}, 'b') | JSONExtractKeys({str}) | arrayPushBack({as}, {str}) | arrayCompact({as}) | arraySort({x=str:x->int}, {as}) | ngrams({str}, 3) | tokens({str}) | extractURLParameters({str}) | arrayMap({x=str,y=int:(x, y)->str}, {as}, arrayEnumerate({as})) | extractGroups({str}, '([a-z])([a-z])') | URLHierarchy({str}) | arrayZip({as}, {as}).2 | arrayEnumerate({as})::Array(String) | arrayRemove({as}, {cs})
    """,
    "ans": "[{str}, NULL] | arrayMap({x=str:x->str}, {ans}) | arrayFilter({x=str:x->cond}, {ans}) | arraySort({ans}) | arrayConcat({ans}, {as}) | arrayDistinct({ans}) | if({cond}, {ans}, {as})",
    "ad": "[{date}, {date}] | arrayMap({x=date:x->date}, {ad}) | arraySort({ad}) | arrayFilter({x=date:x->cond}, {ad}) | arrayMap({x=int:x->date}, {ai}) | CAST([{cdate}], 'Array(Date)') | arrayReverseSort({ad})",
    "aa": "[{ai}, {ai}] | arrayMap({x=int:x->ai}, {ai}) | arrayFilter({x=ai:x->cond}, {aa}) | arraySort({aa}) | arraySplit({x=int:x->cond}, {ai}) | arrayReverse({aa}) | arrayConcat({aa}, {aa}) | arrayReverseSplit({x=int:x->cond}, {ai}) | arrayMap({x=ai:x->ai}, {aa}) | arraySort({x=ai:x->int}, {aa})",
    "mi": "map({cs}, {int}) | map('a', {int}, 'b', {int}) | mapFilter({k=str,v=int:(k, v)->cond}, {mi}) | mapApply({k=str,v=int:(k, v)->(k, int)}, {mi}) | mapUpdate({mi}, {mi}) | mapAdd({mi}, {mi}) | mapSubtract({mi}, {mi}) | if({cond}, {mi}, {mi}) | mapSort({mi}) | CAST(([{cs}], [{int}]), 'Map(String, Int64)') | mapFromArrays([{cs}, 'q'], [{int}, {int}]) | mapConcat({mi}, map('zz', {int})) | CAST(map({cs}, {sm}), 'Map(String, Int64)') | mapReverseSort({mi})",
    "ms": "map({cs}, {str}) | map('k', {str}, 'a', {str}) | mapFilter({k=str,v=str:(k, v)->cond}, {ms}) | mapSort({ms}) | mapUpdate({ms}, {ms}) | mapApply({k=str,v=str:(k, v)->(k, str)}, {ms}) | CAST(map({cs}, {int}), 'Map(String, String)') | mapExtractKeyLike({ms}, {clike})",
    "tup": "({int}, {str}) | tuple({int}, {str}) | if({cond}, {tup}, {tup}) | CAST(({int}, {str}), 'Tuple(Int64, String)') | arrayZip({ai}, {ai})[1]::Tuple(Int64, String) | greatest({tup}, {tup}) | CAST(({sm}, {str}), 'Tuple(a Int64, b String)') | tupleConcat(tuple({int}), tuple({str}))",
    "ptup": "({ni}, {str}) | ({int}, {ni}, {str}) | tuple({int})",
    "any": "{int}", "dyn": "if({cond}, {dyn}, {dyn}) | coalesce({dyn}, {dyn}) | coalesce({dyn}, {int}) | {dyn} + {k} | CAST({int}, 'Dynamic') | CAST({str}, 'Dynamic')",
    "objects": "if({cond}, {objects}, {objects}) | arrayReverse({objects}) | arraySlice({objects}, {pk})",
    "fromdyn": "{dyn} = {cs} | {dyn} = {k} | {dyn} > {k} | {dyn} IS NULL | {dyn} IS NOT NULL | dynamicType({dyn}) = 'Int64' | {dyn}::String = {cs} | {dyn} != {cs}",
}

# Aggregates: kind of the answer: templates over one row's expressions.
AGGREGATE = {
    "int": """
        count() | count({any}) | sum({int}) | min({int}) | max({int}) | uniqExact({any}) | uniq({any}) | count(DISTINCT {any}) | countIf({cond}) | sumIf({int}, {cond}) | minIf({int}, {cond}) | maxIf({int}, {cond}) | argMin({int}, {u}) | argMax({int}, {u}) | sumOrNull({int}) | sumOrDefault({int}) | maxOrNull({int}) | minOrDefault({int}) | sumDistinct({int}) | groupBitOr({int}) | groupBitAnd({int}) | groupBitXor({int}) | sumArray({ai}) | maxArray({ai}) | minArrayIf({ai}, {cond}) | uniqExactIf({any}, {cond}) | sumIfOrNull({int}, {cond}) | countOrNull({any}) | argMaxIf({int}, {u}, {cond}) | quantileExact(0.5)({int}) | quantileExactLow(0.5)({int}) | quantileExactHigh(0.5)({int}) | uniqExactArray({ai}) | sumWithOverflow({int}) | count() FILTER (WHERE {cond}) | sum({int}) FILTER (WHERE {cond}) | anyIf({int}, {u} = 0) | singleValueOrNull({k}) | any({k}) | uniqUpTo(5)({any}) | length(groupArray({any})) | length(groupUniqArray({any})) | sum(toUInt8({cond})) | uniqExact({any}, {any}) | count(DISTINCT {any}, {any}) | max({cond}) | min({bool}) | sum({bool}) | sum(DISTINCT {int}) | uniqArray({as}) | intervalLengthSum(toUInt32({pk}), toUInt32({pk} + {k})) | minOrNullIf({int}, {cond}) | countArray({as}) | sumCount({int}).1 | maxIfOrDefault({int}, {cond}) | sumIf({int}, {str} = {cs}) | countIf({str} LIKE {clike}) | countIf(isNull({any})) | argMin({int}, ({u}, {int})) | uniqIf({str}, {cond})
    """,
    "float": """
        avg({num}) | avg({int}) | sum({float}) | min({float}) | max({float}) | avgIf({num}, {cond}) | stddevPop({smf}) | stddevSamp({sm}) | varPop({sm}) | varSamp({smf}) | median({sm}) | quantile(0.25)({sm}) | quantile(0.9)({smf}) | quantileExact(0.75)({float}) | corr({sm}, {smf}) | covarPop({sm}, {sm}) | covarSamp({sm}, {smf}) | avgOrNull({num}) | avgDistinct({sm}) | avgArray({ai}) | skewPop({sm}) | kurtPop({sm}) | sumKahan({smf}) | quantileExactInclusive(0.3)({sm}) | quantileExactExclusive(0.3)({sm}) | entropy({str}) | avgOrDefault({num}) | quantileIf(0.5)({sm}, {cond}) | medianExact({float}) | argMax({float}, {u}) | maxIf({float}, {cond}) | stddevPopIf({sm}, {cond}) | quantileExactWeighted(0.5)({sm}, {k}) | sum({float}) / count() | skewSamp({sm}) | kurtSamp({smf}) | simpleLinearRegression({sm}, {smf}).1 | cramersV({k}, {k}) | quantileInterpolatedWeighted(0.5)({sm}, {pk}) | boundingRatio({u}, {smf}) | avg({bool}) | avgIf({float}, {str} != {cs}) | sumArray({af}) | theilsU({k}, {k})
    """,
    "dec": "sum({dec}) | min({dec}) | max({dec}) | sumIf({dec}, {cond}) | argMax({dec}, {u}) | sumOrNull({dec}) | quantileExact(0.5)({dec})",
    "str": "min({str}) | max({str}) | argMin({str}, {u}) | argMax({str}, {u}) | maxIf({str}, {cond}) | minOrNull({str}) | arrayStringConcat(arraySort(groupArray({str})), ',') | any({cs}) | maxArray({as}) | argMax({str}, ({int}, {u})) | argMinIf({str}, {u}, {cond}) | anyLastIf({str}, {u} = 0) | min(toString({int})) | max({fstr}) | toString(arraySort(topK(30)({w})))",
    "date": "min({date}) | max({date}) | argMax({date}, {u}) | maxIf({date}, {cond}) | minOrNull({date})",
    "dt": "min({dt}) | max({dt}) | argMin({dt}, {u}) | maxIf({dt}, {cond})",
    "dt64": "min({dt64}) | max({dt64})",
    "ai": "arraySort(groupArray({int})) | arraySort(groupUniqArray({int})) | sumForEach({ai}) | maxForEach({ai}) | arraySort(groupArrayIf({int}, {cond})) | arraySort(groupArrayDistinct({int})) | groupArraySorted(3)({int}) | quantilesExact(0.1, 0.5, 0.9)({int}) | arraySort(groupUniqArrayIf({int}, {cond})) | arraySort(groupUniqArrayArray({ai})) | arraySort(groupArrayArray({ai})) | arrayMap(x -> x.1, arraySort(groupArray(({u}, {int})))) | countForEach({ai}) | arraySort(groupArrayIntersect({ai})) | arrayMap(x -> x.2, arraySort(groupArray(({u}, {int})))) | retention({cond}, {cond}, {cond})",
    "af": "quantiles(0.1, 0.5)({sm}) | avgForEach({ai}) | quantilesExact(0.3, 0.6)({float}) | arraySort(groupArray({float})) | sumForEach({af})",
    "as": "arraySort(groupArray({str})) | arraySort(groupUniqArray({str})) | arraySort(groupArrayIf({str}, {cond})) | arraySort(groupUniqArrayArray({as})) | arraySort(topK(60)({w})) | arraySort(groupArray(toString({?}))) | groupArraySorted(4)({str})",
    "mi": "sumMap({mi}) | minMap({mi}) | maxMap({mi}) | sumMapIf({mi}, {cond})",
    "an": "arraySort(groupArray({ni})) | arraySort(groupUniqArray({ni}))",
    "bool": "min({bool}) | max({bool}) | argMax({bool}, {u})",
    "uuid": "min({uuid}) | max({uuid}) | argMax({uuid}, {u})",
    "tup": "min({tup}) | max({tup}) | argMax({tup}, {u}) | argMax(({int}, {str}), {u})",
    "enum": "min({enum}) | max({enum})",
}

# Window functions: {u} makes the order unique.
WINDOW = {
    "int": """
        row_number() | rank() | dense_rank() | count() | sum({int}) | min({int}) | max({int}) | count({any}) | first_value({int}) | last_value({int}) | lag({int}) | lead({int}) | lag({int}, {pk}) | lead({int}, {k}, {int0}) | lagInFrame({int}) | leadInFrame({int}, {pk}) | nth_value({int}, {pk}) | ntile({pk}) | any({int}) | anyLast({int}) | uniqExact({any}) | countIf({cond}) | sumIf({int}, {cond}) | lag({ni}) | max({cond}) | argMax({int}, {u})
    """,
    "float": "avg({num}) | sum({smf}) | max({float}) | lag({float}) | first_value({float}) | percent_rank() | cume_dist() | stddevPop({sm}) | median({sm})",
    "str": "lag({str}) | lead({str}) | first_value({str}) | last_value({str}) | min({str}) | max({str}) | any({str}) | lag({str}, {pk}, {cs})",
    "date": "lag({date}) | max({date}) | first_value({date})",
    "ai": "groupArray({int}) | groupUniqArray(1)({k})",
    "as": "groupArray({str})",
    "dt": "lead({dt}) | min({dt})",
    "dec": "sum({dec}) | lag({dec})",
}


def entries(table):
    return {kind: [t.strip() for line in text.strip().splitlines() for t in line.split(" | ") if t.strip()] for kind, text in table.items()}


SCALAR, AGGREGATE, WINDOW = entries(SCALAR), entries(AGGREGATE), entries(WINDOW)
