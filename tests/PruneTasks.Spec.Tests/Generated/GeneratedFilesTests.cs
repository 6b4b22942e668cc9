using System.Text;
using PruneTasks.Json;
using PruneTasks.Spec.Table;

namespace PruneTasks.Spec.Tests.Generated;

public sealed class GeneratedFilesTests
{
    [Fact]
    public void The_json_schema_follows_the_table_of_keys() =>
        Check(SchemaText.Write(), "src", "PruneTasks.Spec", "prune.schema.json");

    [Fact]
    public void The_reference_of_the_spec_follows_the_table_of_keys() =>
        Check(ReferenceText.Reference(), "docs", "spec.md");

    [Fact]
    public void The_index_of_diagnostics_follows_their_table() =>
        Check(ReferenceText.DiagnosticsIndex(), "docs", "diagnostics", "README.md");

    [Fact]
    public void Every_section_of_the_schema_refuses_unknown_keys()
    {
        JsonValue schema = JsonReader.Read(File.ReadAllText(Repository.At("src", "PruneTasks.Spec", "prune.schema.json")));
        foreach (SpecKey key in SpecTable.Root.All())
        {
            JsonValue node = schema;
            foreach (string part in key.Path.Split('.', StringSplitOptions.RemoveEmptyEntries))
                node = node.Require("properties").Require(part);
            Assert.NotEmpty(node.RequireString("description"));
            Assert.Equal(key.Kind == SpecKind.Section, node.Find("additionalProperties")?.Text == "false");
        }
    }

    [Fact]
    public void Examples_and_defaults_of_the_table_are_values_that_the_reader_accepts()
    {
        foreach (SpecKey key in SpecTable.Root.All().Where(key => key.Kind != SpecKind.Section && key.Path != "version"))
        {
            foreach (string value in new[] { key.Default, key.Example }.OfType<string>())
            {
                string[] parts = key.Path.Split('.');
                string path = key.Path.StartsWith("data.", StringComparison.Ordinal) && key.Name != "path" ? "path: x, "
                    : key.Path.StartsWith("text.chat.", StringComparison.Ordinal) ? string.Concat(new[] { "user", "assistant" }.Where(name => name != key.Name).Select(name => $"{name}: x, "))
                    : key.Path.StartsWith("quality.", StringComparison.Ordinal) && key.Name != "max-drop" ? "max-drop: 0, " : "";
                string inner = $"{{ {path}{key.Name}: {value} }}";
                for (int i = parts.Length - 2; i >= 0; i--)
                    inner = $"{{ {parts[i]}: {inner} }}";
                string version = parts[0] switch
                {
                    "image" => "version: 1, task: image-classification, ",
                    "text" => "version: 1, task: causal-lm, ",
                    _ => "version: 1, ",
                };
                Assert.Empty(PruneSpecReader.Read("{ " + version + inner[1..], "a.prune.yaml").Diagnostics);
            }
        }
    }

    [Fact]
    public void The_table_knows_the_tasks_that_the_code_knows() =>
        Assert.Equal(Enum.GetValues<ModelTask>().Select(task => task.ToWord()), SpecTable.Get("task").Words.Select(word => word.Word));

    private static void Check(string expected, params string[] path)
    {
        string file = Repository.At(path);
        if (Environment.GetEnvironmentVariable("PRUNETASKS_UPDATE") == "1")
            File.WriteAllText(file, expected, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        string actual = File.Exists(file) ? File.ReadAllText(file).ReplaceLineEndings("\n") : "";
        Assert.True(expected == actual, $"{file} differs from its table. Run the tests with PRUNETASKS_UPDATE=1 to write it anew.\n{expected}");
    }
}
