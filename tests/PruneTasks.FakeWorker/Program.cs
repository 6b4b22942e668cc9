using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using PruneTasks.Worker.Running;

// Stands in for the worker in tests of the build: keeps the worker's contract, prunes nothing, and records every start as one line of
// "fake-worker.log" beside the spec, or of the file that FAKE_WORKER_LOG names. "fake-worker.mode" beside the spec says how to behave.
ParentWatch.Start();
if (args is ["compress", string source, string target])
{
    using FileStream compressed = File.Create(target);
    compressed.Write(BitConverter.GetBytes(new FileInfo(source).Length));
    using System.IO.Compression.BrotliStream brotli = new(compressed, System.IO.Compression.CompressionLevel.Fastest);
    brotli.Write(File.ReadAllBytes(source));
    return 0;
}
string requestPath = args is ["prune", "--request", string path] ? path : throw new ArgumentException("prune --request <file>");
JsonNode request = JsonNode.Parse(File.ReadAllText(requestPath))!;
string spec = request["spec"]!.GetValue<string>();
string name = request["name"]!.GetValue<string>();
string output = request["output"]!.GetValue<string>();
string folder = Path.GetDirectoryName(spec)!;
string model = request["model"]?.GetValue<string>() ?? Path.Combine(folder, name + ".onnx");
Record(Environment.GetEnvironmentVariable("FAKE_WORKER_LOG") ?? Path.Combine(folder, "fake-worker.log"), request.ToJsonString());

byte[] bytes = [];
// Of a model whose weights are too large for one file.
byte[]? data = null;
string modePath = Path.Combine(folder, "fake-worker.mode");
string mode = File.Exists(modePath) ? File.ReadAllText(modePath).Trim() : "ok";
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"fake worker, mode {mode}"));
switch (mode)
{
    case "crash":
        File.WriteAllText(Path.Combine(output, name + ".pruned.onnx"), "half a mod");
        Console.Error.WriteLine("something native went wrong");
        return 134;
    case "malformed":
        File.WriteAllText(Path.Combine(output, "result.json"), "{ \"version\": 1, \"success\": tr");
        return 0;
    case "error":
        WriteResult(success: false, sha: "", new JsonObject
        {
            ["id"] = "PRUNE0021", ["severity"] = "error", ["file"] = spec, ["line"] = 3, ["column"] = 11, ["endLine"] = 3, ["endColumn"] = 15,
            ["message"] = "'data.personal': the folder 'nowhere' holds nothing",
        });
        return 1;
    case "hang":
        File.WriteAllText(Path.Combine(folder, "fake-worker.pid"), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        Thread.Sleep(Timeout.Infinite);
        return 0;
    case "killed":
        using (var self = System.Diagnostics.Process.GetCurrentProcess())
            self.Kill();
        Thread.Sleep(Timeout.Infinite);
        return 0;
    case "bad-alloc":
        Console.Error.WriteLine("terminate called after throwing an instance of 'c10::Error'\n  what():  [enforce fail at alloc_cpu.cpp:127] . DefaultCPUAllocator: can't allocate memory: you tried to allocate 8589934592 bytes.");
        return 134;
    case "disk-full":
        throw new IOException("No space left on device : '" + output + "'", 28);
    case "file-limit":
        return 153;
    case "stages":
        Console.Error.WriteLine("measure layers: 3 of 12, about 0:34 left");
        break;
    case "pieces":
        // The phases of the real worker, each long enough to be hit by a kill.
        string checkpoint = Path.Combine(request["checkpoint"]!.GetValue<string>(), "step.json");
        if (File.Exists(checkpoint)) Console.Error.WriteLine("going on after step 1, which an earlier run left");
        Thread.Sleep(100);
        Console.Error.WriteLine("read model and data");
        Thread.Sleep(300);
        Directory.CreateDirectory(Path.GetDirectoryName(checkpoint)!);
        File.WriteAllText(checkpoint, "{}");
        Thread.Sleep(300);
        break;
    case "slow":
        Thread.Sleep(1500);
        break;
    default:
        break;
}

bytes = File.ReadAllBytes(model);
string pruned = Path.Combine(output, name + ".pruned.onnx");
using (FileStream stream = File.Create(pruned))
{
    // In pieces, so that there are many moments at which the file is not whole.
    foreach (byte[] piece in bytes.Chunk(mode == "pieces" ? (bytes.Length / 10) + 1 : bytes.Length))
    {
        stream.Write(piece);
        if (mode == "pieces") Thread.Sleep(40);
    }
}

File.WriteAllText(Path.Combine(output, "report.json"), "{}");
File.WriteAllText(Path.Combine(output, "report.html"), "<!doctype html>");
data = mode is "sidecar" or "wrong-sidecar" ? System.Text.Encoding.UTF8.GetBytes("weights of " + name) : null;
if (data is not null) File.WriteAllBytes(pruned + ".data", data);
string hash = mode == "wrong-hash" ? new string('0', 64) : Convert.ToHexStringLower(SHA256.HashData(bytes));
if (mode == "warning")
{
    WriteResult(success: true, hash, new JsonObject
    {
        ["id"] = "PRUNE0411", ["severity"] = "warning", ["file"] = spec, ["line"] = 1, ["column"] = 1, ["endLine"] = 1, ["endColumn"] = 2,
        ["message"] = "only 4 calibration samples",
    });
}
else
{
    WriteResult(success: true, hash);
}

return mode == "lying-exit-code" ? 3 : 0;

void WriteResult(bool success, string sha, params JsonNode[] diagnostics)
{
    JsonNode Size() => new JsonObject { ["bytes"] = 100, ["parameters"] = 50, ["macs"] = 25 };
    var result = new JsonObject
    {
        ["version"] = 1, ["success"] = success, ["name"] = name,
        ["files"] = success
            ? new JsonObject { ["model"] = name + ".pruned.onnx", ["data"] = data is null ? null : name + ".pruned.onnx.data", ["manifest"] = name + ".manifest.json", ["report"] = "report.json", ["html"] = "report.html" }
            : null,
        ["modelSha256"] = success ? sha : null,
        ["modelBytes"] = success ? bytes.Length : null,
        ["dataSha256"] = data is null ? null : mode == "wrong-sidecar" ? new string('0', 64) : Convert.ToHexStringLower(SHA256.HashData(data)),
        ["dataBytes"] = data?.Length,
        ["dense"] = success ? Size() : null, ["pruned"] = success ? Size() : null,
        ["agreement"] = success ? 1.0 : null, ["kl"] = success ? 0.0 : null,
        ["summary"] = name + ": the fake worker ran",
        ["diagnostics"] = new JsonArray(diagnostics),
    };
    File.WriteAllText(Path.Combine(output, "result.json"), result.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
}

// Two builds may record at the same moment.
static void Record(string log, string line)
{
    for (int attempt = 0; ; attempt++)
    {
        try
        {
            using var stream = new FileStream(log, FileMode.Append, FileAccess.Write, FileShare.None);
            using var writer = new StreamWriter(stream);
            writer.WriteLine(line);
            return;
        }
        catch (IOException) when (attempt < 200)
        {
            Thread.Sleep(10);
        }
    }
}
