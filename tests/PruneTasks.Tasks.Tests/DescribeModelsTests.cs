using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;
using PruneTasks.BuildTesting;

namespace PruneTasks.Tasks.Tests;

public sealed class DescribeModelsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly RecordingEngine _engine = new();

    public DescribeModelsTests()
    {
        _folder.Write("models/tiny.prune.yaml", "version: 1\nclass: Small\n");
        File.WriteAllBytes(_folder["models", "tiny.onnx"], TinyModel.Identity());
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_spec_gives_a_manifest_and_an_item_for_the_rest_of_the_build()
    {
        ITaskItem item = Assert.Single(Describe(Item("models/tiny.prune.yaml")));

        Assert.Equal(_folder["obj", "tiny", "tiny.manifest.json"], item.ItemSpec);
        Assert.Equal("tiny", item.GetMetadata("Name"));
        Assert.Equal(_folder["models", "tiny.onnx"], item.GetMetadata("Model"));
        Assert.Equal(_folder["obj", "tiny", "tiny.pruned.onnx"], item.GetMetadata("Pruned"));
        Assert.Equal("PruneTasks.tiny.onnx", item.GetMetadata("Resource"));
        Assert.Equal("false", item.GetMetadata("Current"));
        string manifest = File.ReadAllText(item.ItemSpec);
        Assert.Contains("\"class\": \"Small\"", manifest);
        Assert.Contains("[\"batch\", 4]", manifest);
    }

    [Fact]
    public void What_did_not_change_is_not_read_again()
    {
        string manifest = Assert.Single(Describe(Item("models/tiny.prune.yaml"))).ItemSpec;
        // Broken in a way that keeps size and time: only reading would notice.
        string spec = _folder["models", "tiny.prune.yaml"];
        DateTime time = File.GetLastWriteTimeUtc(spec);
        File.WriteAllText(spec, new string('}', (int)new FileInfo(spec).Length));
        File.SetLastWriteTimeUtc(spec, time);

        Assert.Single(Describe(Item("models/tiny.prune.yaml")));
        Assert.Empty(_engine.Errors);

        File.SetLastWriteTimeUtc(spec, time.AddSeconds(1));
        Assert.Empty(Describe(Item("models/tiny.prune.yaml")));
        Assert.NotEmpty(_engine.Errors);
        Assert.True(File.Exists(manifest));
    }

    [Fact]
    public void A_changed_comment_leaves_the_manifest_file_alone()
    {
        string manifest = Assert.Single(Describe(Item("models/tiny.prune.yaml"))).ItemSpec;
        var old = new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(manifest, old);

        _folder.Write("models/tiny.prune.yaml", "version: 1\n# a comment\nclass: Small\n");
        Assert.Single(Describe(Item("models/tiny.prune.yaml")));
        Assert.Equal(old, File.GetLastWriteTimeUtc(manifest));

        _folder.Write("models/tiny.prune.yaml", "version: 1\nclass: Other\n");
        Assert.Single(Describe(Item("models/tiny.prune.yaml")));
        Assert.NotEqual(old, File.GetLastWriteTimeUtc(manifest));
    }

    [Theory]
    [InlineData("models/tiny.onnx", "")]
    [InlineData("models\\tiny.onnx", "models\\tiny.prune.yaml")]
    public void An_item_with_more_to_say_replaces_the_one_of_the_pattern(string include, string spec)
    {
        ITaskItem item = Assert.Single(Describe(
            Item("models/tiny.prune.yaml"),
            Item(include, ("Spec", spec), ("ClassName", "Eye"), ("Namespace", "Acme"))));

        string manifest = File.ReadAllText(item.ItemSpec);
        Assert.Contains("\"class\": \"Eye\"", manifest);
        Assert.Contains("\"namespace\": \"Acme\"", manifest);
    }

    [Fact]
    public void A_model_without_a_spec_is_left_alone()
    {
        File.WriteAllBytes(_folder["other.onnx"], TinyModel.Identity());

        Assert.Empty(Describe(Item("other.onnx")));

        Assert.Empty(_engine.Errors);
        Assert.Contains(_engine.Messages, m => m.Code == "PRUNE0006");
    }

    [Fact]
    public void Two_specs_with_one_name_are_an_error()
    {
        _folder.Write("more/Tiny.prune.yaml", "version: 1\n");

        Assert.Empty(Describe(Item("models/tiny.prune.yaml"), Item("more/Tiny.prune.yaml")));

        Assert.Equal("PRUNE0008", Assert.Single(_engine.Errors).Code);
    }

    [Fact]
    public void All_errors_of_all_specs_are_reported_at_once()
    {
        _folder.Write("a.prune.yaml", "version: 1\nmodle: x\nclasss: y\n");
        _folder.Write("b.prune.yaml", "version: 1\nmodel: absent.onnx\n");

        Describe(Item("a.prune.yaml"), Item("b.prune.yaml"));

        Assert.Equal(["PRUNE0002", "PRUNE0002", "PRUNE0005"], _engine.Errors.Select(e => e.Code));
        Assert.Equal(_folder["b.prune.yaml"], _engine.Errors[2].File);
        Assert.Equal((2, 8), (_engine.Errors[2].LineNumber, _engine.Errors[2].ColumnNumber));
        Assert.False(Directory.Exists(_folder["obj"]));
    }

    [Fact]
    public void In_a_design_time_build_errors_are_warnings()
    {
        _folder.Write("a.prune.yaml", "version: 1\nmodle: x\n");
        DescribeModels task = NewTask(Item("a.prune.yaml"), Item("models/tiny.prune.yaml"));
        task.DesignTime = true;

        Assert.True(task.Execute());

        Assert.Equal("tiny", Assert.Single(task.Described).GetMetadata("Name"));
        Assert.Equal("PRUNE0002", Assert.Single(_engine.Warnings).Code);
    }

    [Fact]
    public void An_editor_is_told_every_file_and_what_its_time_is_compared_with()
    {
        _folder.Write("models/tiny.prune.yaml", "version: 1\nlabels: names.txt\ndata:\n  personal: { path: my data }\n  test: { path: test.npy }\ntask: generic\n");
        _folder.Write("models/names.txt", "a\nb\nc\nd\n");
        _folder.Write("models/my data/sub/one%20.png", "");
        DescribeModels task = NewTask(Item("models/tiny.prune.yaml"));
        task.DesignTime = true;

        Assert.True(task.Execute(), _engine.Text);

        ITaskItem model = Assert.Single(task.Described);
        Assert.Equal((_folder["obj", "tiny", "tiny.record.txt"], _folder["obj", "tiny", "tiny.stamp.txt"]), (model.GetMetadata("Record"), model.GetMetadata("Stamp")));
        Assert.Superset(
            new HashSet<string> { _folder["models", "tiny.prune.yaml"], _folder["models", "names.txt"], _folder["models", "tiny.onnx"] },
            task.DescribedFiles.Select(file => file.ItemSpec).ToHashSet());
        // The test data that is not there: an input that does not exist would never be up to date.
        Assert.Equal(new[] { _folder["models", "my data", "sub", "one%20.png"], _folder["models", "tiny.onnx"] }, task.PrunedFiles.Select(file => file.ItemSpec).Order(StringComparer.Ordinal));
        Assert.Empty(NewTask(Item("models/tiny.prune.yaml")).PrunedFiles);
    }

    [Fact]
    public void The_schema_of_specs_lies_beside_the_models()
    {
        DescribeModels task = NewTask(Item("models/tiny.prune.yaml"));
        task.Schema = Path.Combine(Repository.Root, "src", "PruneTasks.Spec", "prune.schema.json");

        Assert.True(task.Execute(), _engine.Text);

        Assert.Equal(File.ReadAllText(task.Schema), File.ReadAllText(_folder["obj", "prune.schema.json"]));
    }

    private ITaskItem[] Describe(params ITaskItem[] items)
    {
        DescribeModels task = NewTask(items);
        Assert.Equal(task.Execute(), _engine.Errors.Count == 0);
        return task.Described;
    }

    private DescribeModels NewTask(params ITaskItem[] items) => new()
    {
        BuildEngine = _engine,
        Models = items,
        ProjectDirectory = _folder.Path,
        OutputDirectory = _folder["obj"],
        ToolAssembly = Repository.FakeWorker,
        NativeVersions = "1",
    };

    private static TaskItem Item(string include, params (string Name, string Value)[] metadata)
    {
        var item = new TaskItem(include);
        foreach ((string name, string value) in metadata)
            item.SetMetadata(name, value);
        return item;
    }
}
