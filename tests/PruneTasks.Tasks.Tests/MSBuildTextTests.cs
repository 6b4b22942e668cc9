using Microsoft.Build.Utilities;
using PruneTasks.Tasks.Common;

namespace PruneTasks.Tasks.Tests;

public sealed class MSBuildTextTests
{
    [Theory]
    [InlineData("/plain/path.onnx")]
    [InlineData("/a b/50 % off/x;y/@(z)/$(w)/it's/q?.onnx")]
    [InlineData("/größe/模型%20.onnx")]
    public void An_escaped_path_comes_back_from_an_item_as_it_was(string path)
    {
        var item = new TaskItem(MSBuildText.Escape(path));
        item.SetMetadata("Model", MSBuildText.Escape(path));

        Assert.Equal(path, item.ItemSpec);
        Assert.Equal(path, item.GetMetadata("Model"));
    }
}
