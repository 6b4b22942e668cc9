using System.Reflection;
using System.Text.Json.Nodes;

namespace PruneTasks.Generator.Tests.Harness;

/// <summary>An app of one model with texts, and a class <c>Entry</c> whose methods a test calls.</summary>
internal static class TextApp
{
    /// <summary>What manifests of these tests have in common in their text section.</summary>
    public const string Settings =
        "\"segments\": null, \"positions\": null, \"truncation\": \"right\", \"pad\": 0, \"stop\": [], \"states\": [], \"chat\": null, \"tokenizerData\": false";

    /// <summary>Parses.</summary>
    public static JsonNode Node(string text) => JsonNode.Parse(text)!;

    /// <summary>Compiles the app with a recorded model as its resource.</summary>
    public static Type Load(ManifestText manifest, string model, string methods, params (string Name, byte[] Bytes)[] resources)
    {
        string resource = Node(manifest.ToString())["resource"]!.GetValue<string>();
        byte[] bytes = File.ReadAllBytes(SharedModels.Require(model));
        return new GeneratorHost([new("m.json", manifest.ToString())], $"public static class Entry {{ {methods} }}").Load(resource, bytes, resources).GetType("Entry")!;
    }

    /// <summary>Calls a method of the app; what it throws comes as it is.</summary>
    public static T Call<T>(Type app, string method, params object[] arguments) =>
        (T)app.GetMethod(method)!.Invoke(null, BindingFlags.DoNotWrapExceptions, null, arguments, null)!;
}
