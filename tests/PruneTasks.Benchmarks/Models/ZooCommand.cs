using System.CommandLine;
using PruneTasks.Onnx;
using PruneTasks.Zoo;

namespace PruneTasks.Benchmarks.Models;

/// <summary>The command <c>zoo</c>: writes the networks that stand for unseen models, for <c>models --folder</c>.</summary>
internal static class ZooCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        Option<string> folder = new("--out") { Description = "Folder to write to.", Required = true };
        Option<bool> large = new("--large") { Description = "Those of the sizes that users have, in place of the small ones." };
        Command command = new("zoo", "Writes networks in the manner of many exporters, with random weights: for 'models --folder'.") { folder, large };
        command.SetAction(parsed =>
        {
            string to = Directory.CreateDirectory(parsed.GetValue(folder)!).FullName;
            foreach ((string name, Func<OnnxModel> make) in parsed.GetValue(large) ? ZooModels.Large : ZooModels.Small)
                File.WriteAllBytes(Path.Combine(to, name + ".onnx"), OnnxWriter.ToBytes(make()));
        });
        return command;
    }
}
