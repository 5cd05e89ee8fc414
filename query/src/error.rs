//! Errors of SQL: every one names ClickHouse's error, and where in the text it is, if it is somewhere.

use rekor_core::{Error, ErrorKind, error::Detail};

/// Result with [`SqlError`].
pub type SqlResult<T> = Result<T, SqlError>;

/// A place in the SQL text, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Line.
    pub line: u64,
    /// Column, in characters.
    pub column: u64,
}

/// A query that cannot be answered, under the name ClickHouse gives the error.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct SqlError {
    /// ClickHouse's error.
    pub code: ChCode,
    /// For people: what is wrong and what to do.
    pub message: String,
    /// Where.
    pub position: Option<Position>,
}

impl SqlError {
    /// An error without a place.
    pub fn new(code: ChCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), position: None }
    }

    /// The error at a place, unless it already has one.
    #[must_use]
    pub fn at(mut self, position: Option<Position>) -> Self {
        self.position = self.position.or(position);
        self
    }
}

/// Lets a ClickHouse error travel through DataFusion's execution and be found again.
impl From<SqlError> for datafusion::error::DataFusionError {
    fn from(error: SqlError) -> Self {
        Self::External(Box::new(error))
    }
}

impl From<SqlError> for Error {
    fn from(error: SqlError) -> Self {
        let kind = match error.code {
            ChCode::TimeoutExceeded => ErrorKind::Timeout,
            ChCode::MemoryLimitExceeded => ErrorKind::MemoryLimit,
            ChCode::QueryWasCancelled => ErrorKind::Cancelled,
            ChCode::AccessDenied => ErrorKind::Forbidden,
            _ => ErrorKind::Validation,
        };
        let (code, name) = error.code.parts();
        let mut detail = Detail::default().with("clickhouse", name).with("code", code);
        if let Some(position) = error.position {
            detail = detail.with("line", position.line).with("column", position.column);
        }
        Self::new(kind, error.message).with_detail(detail)
    }
}

macro_rules! ch_codes {
    ($($variant:ident = $code:literal $name:literal),* $(,)?) => {
        /// ClickHouse's errors that Rekor answers with.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ChCode { $(#[doc = $name] $variant),* }

        impl ChCode {
            /// Number and name.
            pub const fn parts(self) -> (u32, &'static str) {
                match self { $(Self::$variant => ($code, $name)),* }
            }
        }
    };
}

ch_codes! {
    CannotParseText = 6 "CANNOT_PARSE_TEXT",
    ParameterOutOfBound = 12 "PARAMETER_OUT_OF_BOUND",
    NoSuchColumnInTable = 16 "NO_SUCH_COLUMN_IN_TABLE",
    CannotParseEscapeSequence = 25 "CANNOT_PARSE_ESCAPE_SEQUENCE",
    CannotParseQuotedString = 26 "CANNOT_PARSE_QUOTED_STRING",
    CannotParseInputAssertionFailed = 27 "CANNOT_PARSE_INPUT_ASSERTION_FAILED",
    CannotPrintFloatOrDoubleNumber = 28 "CANNOT_PRINT_FLOAT_OR_DOUBLE_NUMBER",
    NumberOfColumnsDoesntMatch = 20 "NUMBER_OF_COLUMNS_DOESNT_MATCH",
    AttemptToReadAfterEof = 32 "ATTEMPT_TO_READ_AFTER_EOF",
    TooManyArgumentsForFunction = 34 "TOO_MANY_ARGUMENTS_FOR_FUNCTION",
    TooFewArgumentsForFunction = 35 "TOO_FEW_ARGUMENTS_FOR_FUNCTION",
    BadArguments = 36 "BAD_ARGUMENTS",
    CannotParseDate = 38 "CANNOT_PARSE_DATE",
    CannotParseDatetime = 41 "CANNOT_PARSE_DATETIME",
    NumberOfArgumentsDoesntMatch = 42 "NUMBER_OF_ARGUMENTS_DOESNT_MATCH",
    IllegalTypeOfArgument = 43 "ILLEGAL_TYPE_OF_ARGUMENT",
    IllegalColumn = 44 "ILLEGAL_COLUMN",
    UnknownFunction = 46 "UNKNOWN_FUNCTION",
    UnknownIdentifier = 47 "UNKNOWN_IDENTIFIER",
    NotImplemented = 48 "NOT_IMPLEMENTED",
    LogicalError = 49 "LOGICAL_ERROR",
    UnknownType = 50 "UNKNOWN_TYPE",
    TypeMismatch = 53 "TYPE_MISMATCH",
    IllegalTypeOfColumnForFilter = 59 "ILLEGAL_TYPE_OF_COLUMN_FOR_FILTER",
    UnknownTable = 60 "UNKNOWN_TABLE",
    SyntaxError = 62 "SYNTAX_ERROR",
    UnknownAggregateFunction = 63 "UNKNOWN_AGGREGATE_FUNCTION",
    ArgumentOutOfBound = 69 "ARGUMENT_OUT_OF_BOUND",
    CannotConvertType = 70 "CANNOT_CONVERT_TYPE",
    CannotParseNumber = 72 "CANNOT_PARSE_NUMBER",
    UnknownFormat = 73 "UNKNOWN_FORMAT",
    UnknownSetting = 115 "UNKNOWN_SETTING",
    IncorrectData = 117 "INCORRECT_DATA",
    IncorrectResultOfScalarSubquery = 125 "INCORRECT_RESULT_OF_SCALAR_SUBQUERY",
    CannotReadArrayFromText = 130 "CANNOT_READ_ARRAY_FROM_TEXT",
    TooLargeArraySize = 128 "TOO_LARGE_ARRAY_SIZE",
    AggregateFunctionDoesntAllowParameters = 133 "AGGREGATE_FUNCTION_DOESNT_ALLOW_PARAMETERS",
    ParametersToAggregateFunctionsMustBeLiterals = 134 "PARAMETERS_TO_AGGREGATE_FUNCTIONS_MUST_BE_LITERALS",
    ZeroArrayOrTupleIndex = 135 "ZERO_ARRAY_OR_TUPLE_INDEX",
    IllegalDivision = 153 "ILLEGAL_DIVISION",
    TooManyRows = 158 "TOO_MANY_ROWS",
    TooSlow = 160 "TOO_SLOW",
    TimeoutExceeded = 159 "TIMEOUT_EXCEEDED",
    TooDeepRecursion = 306 "TOO_DEEP_RECURSION",
    Readonly = 164 "READONLY",
    AccessDenied = 497 "ACCESS_DENIED",
    MultipleExpressionsForAlias = 179 "MULTIPLE_EXPRESSIONS_FOR_ALIAS",
    IllegalAggregation = 184 "ILLEGAL_AGGREGATION",
    SizesOfArraysDontMatch = 190 "SIZES_OF_ARRAYS_DONT_MATCH",
    SetSizeLimitExceeded = 191 "SET_SIZE_LIMIT_EXCEEDED",
    AmbiguousIdentifier = 207 "AMBIGUOUS_IDENTIFIER",
    NotAnAggregate = 215 "NOT_AN_AGGREGATE",
    MemoryLimitExceeded = 241 "MEMORY_LIMIT_EXCEEDED",
    TooLargeStringSize = 131 "TOO_LARGE_STRING_SIZE",
    UnionAllResultStructuresMismatch = 258 "UNION_ALL_RESULT_STRUCTURES_MISMATCH",
    CannotExtractTableStructure = 636 "CANNOT_EXTRACT_TABLE_STRUCTURE",
    UnknownElementOfEnum = 691 "UNKNOWN_ELEMENT_OF_ENUM",
    CannotParseUuid = 376 "CANNOT_PARSE_UUID",
    IllegalSyntaxForDataType = 377 "ILLEGAL_SYNTAX_FOR_DATA_TYPE",
    CannotNormalizeString = 621 "CANNOT_NORMALIZE_STRING",
    CannotParseIpv4 = 675 "CANNOT_PARSE_IPV4",
    CannotParseIpv6 = 676 "CANNOT_PARSE_IPV6",
    IndexOfPositionalArgumentIsOutOfRange = 353 "INDEX_OF_POSITIONAL_ARGUMENT_IS_OUT_OF_RANGE",
    NoCommonType = 386 "NO_COMMON_TYPE",
    CannotFormatDatetime = 490 "CANNOT_FORMAT_DATETIME",
    FunctionThrowIfValueIsNonZero = 395 "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO",
    UnexpectedDataAfterParsedValue = 632 "UNEXPECTED_DATA_AFTER_PARSED_VALUE",
    LimitExceeded = 290 "LIMIT_EXCEEDED",
    QueryWasCancelled = 394 "QUERY_WAS_CANCELLED",
    InvalidJoinOnExpression = 403 "INVALID_JOIN_ON_EXPRESSION",
    DecimalOverflow = 407 "DECIMAL_OVERFLOW",
    InvalidLimitExpression = 440 "INVALID_LIMIT_EXPRESSION",
    CannotParseBool = 467 "CANNOT_PARSE_BOOL",
    UnknownQueryParameter = 456 "UNKNOWN_QUERY_PARAMETER",
    BadQueryParameter = 457 "BAD_QUERY_PARAMETER",
    CannotInsertNullInOrdinaryColumn = 349 "CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN",
    UnsupportedMethod = 1 "UNSUPPORTED_METHOD",
    ExpectedAllOrDistinct = 558 "EXPECTED_ALL_OR_DISTINCT",
    CannotCompileRegexp = 427 "CANNOT_COMPILE_REGEXP",
    InvalidWithFillExpression = 475 "INVALID_WITH_FILL_EXPRESSION",
    EmptyListOfColumnsQueried = 51 "EMPTY_LIST_OF_COLUMNS_QUERIED",
    IllegalFinal = 181 "ILLEGAL_FINAL",
    UnexpectedExpression = 174 "UNEXPECTED_EXPRESSION",
}
