using PruneTasks.Json;
using PruneTasks.Spec.Table;

namespace PruneTasks.Spec.Tests.Generated;

/// <summary>prune.schema.json from the table of keys. Draft-07: the newest that the YAML language server reads.</summary>
internal static class SchemaText
{
    public static string Write() => JsonWriter.Write(JsonValue.Object(
        ("$schema", JsonValue.Of("http://json-schema.org/draft-07/schema#")),
        ("$id", JsonValue.Of("https://github.com/prunetasks/prunetasks/blob/main/src/PruneTasks.Spec/prune.schema.json")),
        ("title", JsonValue.Of("PruneTasks spec")),
        ("description", JsonValue.Of(SpecTable.Root.Description)),
        ("type", JsonValue.Of("object")),
        ("additionalProperties", JsonValue.Of(false)),
        ("required", Required(SpecTable.Root)),
        ("properties", Properties(SpecTable.Root)),
        ("allOf", JsonValue.Array([Needs("image", "image-classification"), Needs("text", "text-classification", "text-embedding", "causal-lm")]))));

    private static JsonValue Needs(string section, params string[] tasks) => JsonValue.Object(
        ("if", JsonValue.Object(("required", List(section)))),
        ("then", JsonValue.Object(
            ("required", List("task")),
            ("properties", JsonValue.Object(("task", JsonValue.Object(("enum", List(tasks)))))))));

    private static JsonValue Key(SpecKey key) => key.Kind switch
    {
        SpecKind.Section => Node(
            key,
            ("type", key.Words.Count > 0 ? List("object", "null", "string") : List("object", "null")),
            ("pattern", key.Words.Count > 0 ? JsonValue.Of($"^({string.Join("|", key.Words.Select(word => word.Word))})$") : null),
            ("additionalProperties", JsonValue.Of(false)),
            ("required", Required(key)),
            ("properties", Properties(key)),
            ("not", key.Path == "prune" ? JsonValue.Object(("required", List("budget", "ratios"))) : null)),
        SpecKind.Integer => Node(key, Range(key, "integer")),
        SpecKind.Number => Node(key, Range(key, "number")),
        SpecKind.Boolean => Node(key, ("type", JsonValue.Of("boolean"))),
        SpecKind.Text => Node(key, ("type", List("string", "number", "boolean")), ("minLength", JsonValue.Of(1))),
        SpecKind.Path => Node(key, ("type", JsonValue.Of("string")), ("minLength", JsonValue.Of(1))),
        SpecKind.Identifier => Node(key, ("type", JsonValue.Of("string")), ("pattern", JsonValue.Of(Identifier + "$"))),
        SpecKind.Namespace => Node(key, ("type", JsonValue.Of("string")), ("pattern", JsonValue.Of(Identifier + "(\\.[\\p{L}_][\\p{L}\\p{Nd}_]*)*$"))),
        SpecKind.Word => Node(key, ("enum", JsonValue.Array(key.Words.Select(word => JsonValue.Of(word.Word))))),
        SpecKind.Labels => Node(key, Either(
            JsonValue.Object(("type", JsonValue.Of("string")), ("minLength", JsonValue.Of(1))),
            ArrayOf(JsonValue.Object(("type", List("string", "number", "boolean"))), 1, null))),
        SpecKind.Names => Node(key, [.. Members(ArrayOf(JsonValue.Object(("type", List("string", "number", "boolean"))), 1, null))]),
        SpecKind.Size => Node(key, Either(JsonValue.Object(Range(key, "integer")), ArrayOf(JsonValue.Object(Range(key, "integer")), 2, 2))),
        _ => Node(key, Either(JsonValue.Object(Range(key, "number")), ArrayOf(JsonValue.Object(Range(key, "number")), 1, 3))),
    };

    private static IEnumerable<(string, JsonValue?)> Members(JsonValue value) => value.Members.Select(m => (m.Key, (JsonValue?)m.Value));

    private const string Identifier = "^[\\p{L}_][\\p{L}\\p{Nd}_]*";

    private static JsonValue Node(SpecKey key, params (string, JsonValue?)[] members) => JsonValue.Object(
        [("description", JsonValue.Of(ReferenceText.Describe(key))), .. members, ("default", key.DefaultValue)]);

    private static JsonValue Properties(SpecKey section) =>
        JsonValue.Object([.. section.Keys.Select(key => (key.Name, (JsonValue?)Key(key)))]);

    private static JsonValue? Required(SpecKey section) =>
        section.Keys.Any(key => key.Required) ? List([.. section.Keys.Where(key => key.Required).Select(key => key.Name)]) : null;

    private static (string, JsonValue?)[] Range(SpecKey key, string type) =>
    [
        ("type", JsonValue.Of(type)),
        (key.AboveMin ? "exclusiveMinimum" : "minimum", Bound(key.Min)),
        (key.BelowMax ? "exclusiveMaximum" : "maximum", Bound(key.Max)),
    ];

    private static JsonValue? Bound(double bound) => double.IsInfinity(bound) ? null : JsonValue.Of(bound);

    private static (string, JsonValue?) Either(params JsonValue[] choices) => ("anyOf", JsonValue.Array(choices));

    private static JsonValue ArrayOf(JsonValue items, int least, int? most) => JsonValue.Object(
        ("type", JsonValue.Of("array")),
        ("items", items),
        ("minItems", JsonValue.Of(least)),
        ("maxItems", most is { } count ? JsonValue.Of(count) : null));

    private static JsonValue List(params string[] texts) => JsonValue.Array(texts.Select(JsonValue.Of));
}
