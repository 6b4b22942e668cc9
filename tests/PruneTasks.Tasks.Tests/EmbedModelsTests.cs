using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;
using PruneTasks.BuildTesting;

namespace PruneTasks.Tasks.Tests;

/// <summary>What becomes a resource, and that a build with nothing to do hears it from <see cref="DescribeModels"/>.</summary>
public sealed class EmbedModelsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly RecordingEngine _engine = new();

    public EmbedModelsTests()
    {
        foreach (string name in (string[])["tiny", "wide;er"])
        {
            _folder.Write(name + ".prune.yaml", "version: 1\n");
            File.WriteAllBytes(_folder[name + ".onnx"], TinyModel.Identity());
        }
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(null, "")]
    [InlineData("1 KB", "")]
    [InlineData("", "deploy: { embed: file }")]
    [InlineData("1", "deploy: { embed: resource }")]
    public void What_was_prepared_and_still_holds_is_told_while_describing(string? limit, string deploy)
    {
        _folder.Write("wide;er.prune.yaml", "version: 1\n" + deploy + "\n");
        _folder.Write("tiny.prune.yaml", "version: 1\ndeploy: { embed: resource }\n");
        DescribeModels first = Describe(limit);
        Assert.False(first.Planned);
        EmbedModels embedded = Embed(first, limit);

        DescribeModels second = Describe(limit);

        Assert.True(second.Planned, _engine.Text);
        Assert.Equal(2, second.Resources.Length);
        Assert.Equal(Facts(embedded.Resources, "Resource"), Facts(second.Resources, "Resource"));
        Assert.Equal(Facts(embedded.Beside, "TargetPath"), Facts(second.Beside, "TargetPath"));
    }

    [Fact]
    public void One_model_that_has_changed_leaves_all_of_them_to_the_task()
    {
        Embed(Describe(), null);
        Assert.True(Describe().Planned);

        File.WriteAllBytes(_folder["wide;er.onnx"], TinyModel.Identity(700));

        DescribeModels changed = Describe();
        Assert.False(changed.Planned);
        Assert.Empty(changed.Resources);
        Embed(changed, null);
        Assert.True(Describe().Planned);
    }

    [Fact]
    public void Another_limit_another_way_to_deploy_and_a_file_that_is_gone_are_looked_at_again()
    {
        _folder.Write("tiny.prune.yaml", "version: 1\ndeploy: { embed: file }\n");
        Embed(Describe(), null);
        Assert.True(Describe().Planned);

        Assert.False(Describe("3GB").Planned);
        File.Delete(_folder["obj", "tiny", "tiny.embed.json"]);
        Assert.False(Describe().Planned);
        Embed(Describe(), null);
        Assert.True(Describe().Planned);
        _folder.Write("tiny.prune.yaml", "version: 1\ndeploy: { embed: resource }\n");
        Assert.False(Describe().Planned);
    }

    [Fact]
    public void What_the_user_shall_know_is_said_in_every_build()
    {
        Embed(Describe("10"), "10");
        Assert.Contains(_engine.Messages, message => message.Code == "PRUNE0308");
        Assert.False(Describe("10").Planned);

        Embed(Describe("much"), "much");
        Assert.Contains(_engine.Warnings, warning => warning.Code == "PRUNE0918");
        Assert.False(Describe("much").Planned);
    }

    [Fact]
    public void Of_a_model_that_will_be_pruned_nothing_is_told_and_nothing_in_a_design_time_build()
    {
        Embed(Describe(), null);

        Assert.False(Describe(pruned: true).Planned);
        DescribeModels editor = NewDescribe(null, pruned: false);
        editor.DesignTime = true;
        Assert.True(editor.Execute());
        Assert.False(editor.Planned);
    }

    private DescribeModels Describe(string? limit = null, bool pruned = false)
    {
        DescribeModels task = NewDescribe(limit, pruned);
        Assert.True(task.Execute(), _engine.Text);
        return task;
    }

    private DescribeModels NewDescribe(string? limit, bool pruned) => new()
    {
        BuildEngine = _engine,
        Models = [new TaskItem("tiny.prune.yaml"), new TaskItem("wide%3ber.prune.yaml")],
        ProjectDirectory = _folder.Path,
        OutputDirectory = _folder["obj"],
        ToolAssembly = Repository.FakeWorker,
        NativeVersions = "1",
        Pruned = pruned,
        EmbedLimit = limit,
    };

    private EmbedModels Embed(DescribeModels described, string? limit)
    {
        EmbedModels task = new() { BuildEngine = _engine, Models = described.Described, OutputDirectory = _folder["obj"], WorkerAssembly = Repository.FakeWorker, EmbedLimit = limit };
        Assert.True(task.Execute(), _engine.Text);
        return task;
    }

    private static string[] Facts(ITaskItem[] items, string metadata) => [.. items.Select(item => item.ItemSpec + " " + item.GetMetadata(metadata))];
}
