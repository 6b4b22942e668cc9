using System.Globalization;
using PruneTasks.Json;

namespace PruneTasks.Spec.Tests.Json;

public sealed class JsonTests
{
    [Fact]
    public void Writer_output_reads_back_and_writes_the_same_text()
    {
        JsonValue value = JsonValue.Object(
            ("text", JsonValue.Of("a\"b\\c\n\t\u0001\u2028 é 😀")),
            ("none", JsonValue.Null),
            ("left out", null),
            ("yes", JsonValue.Of(true)),
            ("shape", JsonValue.Array([JsonValue.Of("batch"), JsonValue.Of(3L), JsonValue.Null])),
            ("empty", JsonValue.Array([])),
            ("nested", JsonValue.Array([JsonValue.Object(("x", JsonValue.Of(0.1))), JsonValue.Object()])));

        string text = JsonWriter.Write(value);

        Assert.Equal(text, JsonWriter.Write(JsonReader.Read(text)));
        Assert.DoesNotContain('\r', text);
        Assert.EndsWith("}\n", text);
        Assert.Contains("\"shape\": [\"batch\", 3, null]", text);
        Assert.Equal("a\"b\\c\n\t\u0001\u2028 é 😀", JsonReader.Read(text).RequireString("text"));
        Assert.Null(JsonReader.Read(text).Find("left out"));
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.00392156862745098)]
    [InlineData(1.0 / 3)]
    [InlineData(-0.0)]
    [InlineData(double.Epsilon)]
    [InlineData(double.MaxValue)]
    [InlineData(123456789012345680.0)]
    public void Doubles_round_trip_to_the_same_bits(double value)
    {
        string text = JsonWriter.Write(JsonValue.Of(value));
        double back = JsonReader.Read(text).AsDouble("x");
        Assert.Equal(BitConverter.DoubleToInt64Bits(value), BitConverter.DoubleToInt64Bits(back));
    }

    [Fact]
    public void Numbers_do_not_follow_the_culture()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        var comma = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        comma.NumberFormat.NumberDecimalSeparator = ",";
        comma.NumberFormat.NegativeSign = "~";
        try
        {
            CultureInfo.CurrentCulture = comma;
            Assert.Equal("[-1.5, -7]\n", JsonWriter.Write(JsonValue.Array([JsonValue.Of(-1.5), JsonValue.Of(-7L)])));
            Assert.Equal(-1.5, JsonReader.Read("-1.5").AsDouble("x"));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Theory]
    [InlineData("", 1, 1)]
    [InlineData("{", 1, 2)]
    [InlineData("{\n  \"a\" 1}", 2, 7)]
    [InlineData("{\"a\":1,}", 1, 8)]
    [InlineData("[1,]", 1, 4)]
    [InlineData("[1 2]", 1, 4)]
    [InlineData("01", 1, 2)]
    [InlineData("-", 1, 2)]
    [InlineData("1.", 1, 3)]
    [InlineData("1e", 1, 3)]
    [InlineData("tru", 1, 1)]
    [InlineData("\"abc", 1, 5)]
    [InlineData("\"a\nb\"", 1, 3)]
    [InlineData("\"\\x\"", 1, 3)]
    [InlineData("\"\\u12g4\"", 1, 6)]
    [InlineData("{\"a\":1,\n\"a\":2}", 2, 1)]
    [InlineData("null // no", 1, 6)]
    [InlineData("\0", 1, 1)]
    [InlineData("NaN", 1, 1)]
    public void Reader_refuses_what_is_not_json_and_says_where(string text, int line, int column)
    {
        var error = Assert.Throws<JsonReadException>(() => JsonReader.Read(text));
        Assert.Equal((line, column), (error.Line, error.Column));
    }

    [Fact]
    public void Reader_refuses_deep_nesting_without_using_up_the_stack()
    {
        Assert.Contains("deeper", Assert.Throws<JsonReadException>(() => JsonReader.Read(new string('[', 100_000))).Message);
        string allowed = new string('[', JsonReader.MaxDepth) + new string(']', JsonReader.MaxDepth);
        Assert.Equal(JsonKind.Array, JsonReader.Read(allowed).Kind);
    }

    [Fact]
    public void Values_know_their_position_past_a_byte_order_mark_and_crlf()
    {
        JsonValue value = JsonReader.Read("\uFEFF{\r\n  \"a\": [1, true]\r\n}");
        Assert.Equal((1, 1), (value.Line, value.Column));
        JsonValue item = value.RequireArray("a").Items[1];
        Assert.Equal((2, 12), (item.Line, item.Column));
    }

    [Fact]
    public void Access_of_the_wrong_kind_names_member_and_position()
    {
        JsonValue value = JsonReader.Read("{\"a\": 1.5,\n \"b\": \"x\", \"version\": 3}");
        Assert.Equal("line 1, column 7: \"a\" must be a string", Assert.Throws<JsonReadException>(() => value.RequireString("a")).Message);
        Assert.Contains("whole number", Assert.Throws<JsonReadException>(() => value.RequireLong("a")).Message);
        Assert.Contains("line 2, column 7", Assert.Throws<JsonReadException>(() => value.RequireDouble("b")).Message);
        Assert.Contains("\"c\" is missing", Assert.Throws<JsonReadException>(() => value.Require("c")).Message);
        Assert.Contains("version 3", Assert.Throws<JsonReadException>(() => value.RequireVersion(2)).Message);
        Assert.Equal(3, value.RequireVersion(3));
        Assert.Null(value.FindString("c"));
    }
}
