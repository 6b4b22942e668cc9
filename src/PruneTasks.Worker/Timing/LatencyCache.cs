using System.Security.Cryptography;
using System.Text;
using PruneTasks.Json;

namespace PruneTasks.Worker.Timing;

/// <summary>
/// Keeps tables in a folder of the user, so that the same model gives the same plan on this machine. The folder may be deleted at any time.
/// </summary>
/// <param name="folder">The folder; made when needed.</param>
internal sealed class LatencyCache(string folder)
{
    /// <summary>Names another folder; for a build machine whose user folder does not last.</summary>
    public const string Variable = "PRUNETASKS_LATENCY_CACHE";

    /// <summary><c>PruneTasks/latency</c> in the user's local application data, or what <see cref="Variable"/> names.</summary>
    public static LatencyCache Default()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named) return new LatencyCache(named);
        string local = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return new LatencyCache(local.Length > 0 ? Path.Combine(local, "PruneTasks", "latency") : Path.Combine(Path.GetTempPath(), "PruneTasks-" + Environment.UserName, "latency"));
    }

    /// <summary>The key of everything that a table depends on.</summary>
    public static string Key(params string[] parts) =>
        Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', parts)))).ToLowerInvariant()[..32];

    /// <summary>The table of a key; null if there is none, or none that can be read.</summary>
    public TimedShapes? Find(string key)
    {
        try
        {
            string path = PathOf(key);
            return File.Exists(path) ? TimedShapes.Parse(File.ReadAllText(path)) : null;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or JsonReadException)
        {
            return null;
        }
    }

    /// <summary>Keeps a table.</summary>
    /// <returns>Why it cannot be kept, or null.</returns>
    public string? Keep(string key, TimedShapes table)
    {
        try
        {
            Directory.CreateDirectory(folder);
            string temporary = Path.Combine(folder, $".{Guid.NewGuid():N}.tmp");
            File.WriteAllText(temporary, table.ToJson());
            File.Move(temporary, PathOf(key), overwrite: true);
            return null;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return problem.Message;
        }
    }

    private string PathOf(string key) => Path.Combine(folder, key + ".json");
}
