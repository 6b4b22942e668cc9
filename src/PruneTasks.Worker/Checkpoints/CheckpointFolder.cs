using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using PruneTasks.Onnx;
using PruneTasks.Pruning;
using PruneTasks.Torch.Building;

namespace PruneTasks.Worker.Checkpoints;

/// <summary>
/// The last accepted step in a folder: <c>step.json</c> with everything but the weights and the hash of these, and the weights in a file named by that hash.
/// Each file is written under another name, flushed and moved; the state comes last. So a run that is killed at any moment leaves the step before, whole.
/// Damage, another key, or another plan means that there is no checkpoint.
/// </summary>
/// <param name="folder">Made when something is saved.</param>
/// <param name="key">See <see cref="CheckpointKey"/>.</param>
/// <param name="log">Takes a line when a step is taken up again.</param>
internal sealed class CheckpointFolder(string folder, string key, Action<string> log) : IStepStore
{
    private const string StateFile = "step.json";

    private static readonly JsonSerializerOptions Format = new() { IncludeFields = true, WriteIndented = true, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    /// <inheritdoc/>
    public StepCheckpoint? Load(Graph graph, PrunePlan plan)
    {
        try
        {
            string path = Path.Combine(folder, StateFile);
            if (!File.Exists(path) || JsonSerializer.Deserialize<Kept>(File.ReadAllText(path), Format) is not { } kept || kept.Key != key) return null;
            if (!kept.State.Final.SequenceEqual(plan.Sites.Select(s => s.Keep)) || kept.State.Buffers.Count != plan.Sites.Count) return null;
            byte[] bytes = File.ReadAllBytes(Path.Combine(folder, kept.Sha256 + ".weights"));
            if (Hash(bytes) != kept.Sha256) return null;
            List<KeyValuePair<Value, float[]>> weights = [];
            int at = 0;
            foreach (KeptWeight weight in kept.Weights)
            {
                weights.Add(KeyValuePair.Create(graph.Values[weight.Name], MemoryMarshal.Cast<byte, float>(bytes.AsSpan(at, 4 * weight.Count)).ToArray()));
                at += 4 * weight.Count;
            }
            log($"going on after step {kept.State.Outcomes.Count}, which an earlier run left");
            return new StepCheckpoint(kept.State, weights);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException or ArgumentException or NotSupportedException)
        {
            log($"the checkpoint of an earlier run cannot be used: {problem.Message}");
            return null;
        }
    }

    /// <inheritdoc/>
    public void Save(StepCheckpoint checkpoint)
    {
        byte[] bytes = [.. checkpoint.Weights.SelectMany(weight => MemoryMarshal.AsBytes(weight.Value.AsSpan()).ToArray())];
        string hash = Hash(bytes);
        var kept = new Kept(key, hash, [.. checkpoint.Weights.Select(weight => new KeptWeight(weight.Key.Name, weight.Value.Length))], checkpoint.State);
        try
        {
            Directory.CreateDirectory(folder);
            Write(hash + ".weights", bytes);
            Write(StateFile, JsonSerializer.SerializeToUtf8Bytes(kept, Format));
            foreach (string old in Directory.EnumerateFiles(folder).Where(file => Path.GetFileName(file) is var name && name != StateFile && name != hash + ".weights")) File.Delete(old);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // The build itself needs no checkpoint; without one a killed run starts anew.
            log($"no checkpoint was written: {problem.Message}");
        }
    }

    /// <summary>Removes the folder of a run that has ended well.</summary>
    public static void Remove(string folder)
    {
        try
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // Its key keeps a later run from using it.
        }
    }

    private void Write(string name, byte[] content)
    {
        string path = Path.Combine(folder, name), temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        using (var file = new FileStream(temporary, FileMode.CreateNew))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }
        File.Move(temporary, path, overwrite: true);
    }

    private static string Hash(byte[] bytes) => Convert.ToHexString(SHA256.HashData(bytes)).ToLowerInvariant();

    private sealed record Kept(string Key, string Sha256, IReadOnlyList<KeptWeight> Weights, StepState State);

    private sealed record KeptWeight(string Name, int Count);
}
