SELECT map('a',1,'b',2)
SELECT map()
SELECT map('a',1)['a']
SELECT map('a',1)['z']
SELECT map(1,'x')
SELECT map('a',NULL)
SELECT map('a',1,'b',2.5)
SELECT map('a',1,'a',2)
SELECT mapKeys(map('a',1))
SELECT mapValues(map('a',1))
SELECT mapContains(map('a',1),'a')
SELECT mapContainsKey(map('a',1),'z')
SELECT mapContainsValue(map('a',1),1)
SELECT mapContainsKeyLike(map('abc',1),'a%')
SELECT mapContainsValueLike(map('k','abc'),'%c')
SELECT mapExtractKeyLike(map('abc',1,'b',2),'a%')
SELECT mapExtractValueLike(map('k','abc','l','x'),'%c')
SELECT map('a')
SELECT map(1,2,'a',3)
SELECT mapFromArrays(['a','b'],[1,2])
SELECT mapFromArrays([],[])
SELECT mapFromArrays(map('a',1),[5])
SELECT mapFromArrays([1],['x'])
SELECT mapFromArrays(['a'],[1,2])
SELECT mapAdd(map('a',1),map('a',2,'b',3))
SELECT mapSubtract(map('a',1),map('a',2,'b',3))
SELECT mapAdd(map(1,1.5),map(1,2))
SELECT mapSubtract(map('a',toInt64(1)),map('a',toInt64(2)))
SELECT mapAdd(map('b',1),map('a',1))
SELECT mapAdd(map('a',1),map('a',1),map('a',1))
SELECT mapApply((k,v)->(k,v*2),map('a',1))
SELECT mapFilter((k,v)->v>1,map('a',1,'b',2))
SELECT mapExists((k,v)->v>1,map('a',1))
SELECT mapAll((k,v)->v>0,map('a',1))
SELECT mapSort(map('b',1,'a',2))
SELECT mapReverseSort(map('b',1,'a',2))
SELECT mapSort((k,v)->v,map('b',2,'a',1))
SELECT mapReverseSort((k,v)->v,map('b',1,'a',2))
SELECT mapPartialSort(1,map('b',1,'a',2))
SELECT mapUpdate(map('a',1,'b',2),map('b',9,'c',3))
SELECT mapConcat(map('a',1),map('b',2))
SELECT mapConcat(map('a',1),map('a',2))
SELECT mapPopulateSeries(map(1,10,3,30))
SELECT mapPopulateSeries(map(1,10),4)
SELECT mapPopulateSeries([1,3],[10,30])
SELECT mapPopulateSeries([1,2,4],[11,22,44],5)
SELECT mapConcat(map('a',1))
SELECT mapExists((k,v)->v, map('a',0))
SELECT mapApply((k,v)->k,map('a',1))
SELECT mapKeys([1])
SELECT mapContains(map('a',1),1)
SELECT mapKeys(m), mapValues(m), m['a'], mapContainsKey(m, 'b'), mapFilter((k, v) -> v > 1, m), mapAdd(m, map('a', 1)) FROM (SELECT arrayJoin([map('a', 1, 'b', 2), map('c', 3)]) AS m)
SELECT extractKeyValuePairs('a:1, b:2') AS kv;
SELECT extractKeyValuePairs('a') AS kv;
SELECT extractKeyValuePairs('a:') AS kv;
SELECT extractKeyValuePairs('a:,b:2') AS kv;
SELECT extractKeyValuePairs(':1') AS kv;
SELECT extractKeyValuePairs('a:1:2') AS kv;
SELECT extractKeyValuePairs('a : 1') AS kv;
SELECT extractKeyValuePairs('a:1;b:2|c:3') AS kv;
SELECT extractKeyValuePairs('"a b":"c,d"') AS kv;
SELECT extractKeyValuePairs('a:"x') AS kv;
SELECT extractKeyValuePairs('a"b:1') AS kv;
SELECT extractKeyValuePairs('a:x"y,z"') AS kv;
SELECT extractKeyValuePairs('"a"b:1') AS kv;
SELECT extractKeyValuePairs('a:1,b:2,a:3') AS kv;
SELECT extractKeyValuePairs('"":1') AS kv;
SELECT extractKeyValuePairs('') AS kv;
SELECT extractKeyValuePairs('a: 1') AS kv;
SELECT extractKeyValuePairs('x:a:1,b:2') AS kv;
SELECT extractKeyValuePairs('a:x:"y"') AS kv;
SELECT extractKeyValuePairs('name:neymar, age:31 team:psg,nationality:brazil') AS kv;
SELECT extractKeyValuePairs('é:ü') AS kv;
SELECT extractKeyValuePairsWithEscaping('a:x\\ny') AS kv;
SELECT extractKeyValuePairsWithEscaping('a\\tb:c') AS kv;
SELECT extractKeyValuePairsWithEscaping('a:"b\\"c"') AS kv;
SELECT extractKeyValuePairsWithEscaping('a:b\\') AS kv;
SELECT extractKeyValuePairsWithEscaping('4:\\z') AS kv;
SELECT extractKeyValuePairsWithEscaping('4:x\\z') AS kv;
SELECT extractKeyValuePairsWithEscaping('\\a:1') AS kv;
SELECT extractKeyValuePairsWithEscaping('a:\\x41') AS kv;
SELECT extractKeyValuePairsWithEscaping('b:x\\x41\\N1') AS kv;
SELECT extractKeyValuePairs('a=1;b=2', '=', ';') AS kv;
SELECT extractKeyValuePairs('a:1', '', '') AS kv;
SELECT extractKeyValuePairs('\'a b\':\'c\'', ':', ',', '\'') AS kv;
SELECT extractKeyValuePairs('a"b":1,c:d"e"f', ':', ',', '"', 'accept') AS kv;
SELECT extractKeyValuePairs('a"b":1,c:d"e"f', ':', ',', '"', 'promote') AS kv;
SELECT extractKeyValuePairs('a"b":1,c:d"e"f', ':', ',', '"', 'INVALID') AS kv;
SELECT extractKeyValuePairs('a:1', ':', ',', '"', 'x') AS kv;
SELECT extractKeyValuePairs('a:1', '::') AS kv;
SELECT extractKeyValuePairs('a:1', ':', ':') AS kv;
SELECT extractKeyValuePairs('a:1', ':', ',', ':') AS kv;
SELECT extractKeyValuePairs('a:1', ':', 'abcdefghi') AS kv;
SELECT extractKeyValuePairs('a:1', ':', ',"', '"') AS kv;
SELECT extractKeyValuePairsWithEscaping('a:1', ':', '\\\\');
SELECT str_to_map('a:1'), mapFromString('b:2'), STR_TO_MAP('c:3');
SELECT extractKeyValuePairs('a:' || toString(number)) AS kv, kv['a'] FROM numbers(3);
SELECT extractKeyValuePairs(5);
SELECT extractKeyValuePairs();
SELECT extractKeyValuePairs('a', 5);
SELECT extractKeyValuePairs(NULL);
SELECT extractKeyValuePairs(toFixedString('a:1', 5)) AS kv;
SELECT extractKeyValuePairs(toNullable('a:1')) AS kv;
SELECT extractKeyValuePairs('a"b:1,c:2', ':', ',', '"', 'invalid') AS kv;
SELECT extractKeyValuePairs('c:d"e,f"g:2,h:3', ':', ',', '"', 'invalid') AS kv;
SELECT extractKeyValuePairs('x:a",y:1', ':', ',', '"', 'invalid') AS kv, extractKeyValuePairs('x:a",y:1') AS usual;
SELECT length(extractKeyValuePairs(arrayStringConcat(arrayMap(x -> concat('k', toString(x % 5), ':', toString(x)), range(1000)), ','))) AS n;
SELECT length(extractKeyValuePairs(arrayStringConcat(arrayMap(x -> concat('k', toString(x % 5), ':1'), range(1001)), ','))) AS n;
SELECT extractKeyValuePairs('a:1,a:2') AS kv, kv['a'], mapKeys(kv);
SELECT extractKeyValuePairs('a:"x""1":5,c:6') AS kv, extractKeyValuePairs('a:"x"b:5') AS k, extractKeyValuePairs('a:"x" "b":5') AS v;
