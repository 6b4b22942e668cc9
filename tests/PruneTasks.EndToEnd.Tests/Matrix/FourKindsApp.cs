using System.Diagnostics;
using System.Xml.Linq;
using PruneTasks.BuildTesting;

namespace PruneTasks.EndToEnd.Tests.Matrix;

/// <summary>One way to run the app.</summary>
/// <param name="Output">What it printed.</param>
/// <param name="Seconds">What the <c>dotnet</c> command took.</param>
/// <param name="Bytes">What a user would get: the published folder without symbols; 0 where nothing is published.</param>
internal sealed record AppRun(string Output, double Seconds, long Bytes);

/// <summary>
/// An app outside the repository with a model of every task, all members that references of the app add, and every way to deploy a model. Its project says
/// <c>PublishAot</c>, takes every warning for an error, and asks for each one of the trimmer (<c>TrimmerSingleWarn</c>). The models are those of the samples;
/// a stand-in for the worker passes them on unpruned, because the classes do not depend on how much was pruned.
/// </summary>
internal sealed class FourKindsApp : IDisposable
{
    private const string Project = """
        <PropertyGroup>
          <PublishAot>true</PublishAot>
          <UseAppHost>true</UseAppHost>
          <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
          <TrimmerSingleWarn>false</TrimmerSingleWarn>
        </PropertyGroup>
        """;

    private static readonly string[] Trim = ["-p:PublishAot=false", "-p:PublishTrimmed=true", "-p:SelfContained=true"];

    private readonly TestApp _app;
    private readonly IReadOnlyDictionary<string, string> _packages;

    public FourKindsApp(PackedPackage package)
    {
        _packages = CentralVersions("Microsoft.Extensions.AI.Abstractions", "Microsoft.Extensions.DependencyInjection");
        _app = new TestApp(package, project: $"{Project}<ItemGroup>{NativePublish.References(_packages)}</ItemGroup>");
        _app.Write("Program.cs", FourKindsProgram.Text);
        Add("glyphs", "PersonalVision/glyphs.onnx", """
            task: image-classification
            labels: glyphs.txt
            image: { size: [32, 32], color: gray, layout: nchw, scale: 0.00392156862745098, mean: [0.5], std: [0.25] }
            deploy: { compression: brotli }
            """, ("PersonalVision/labels.txt", "glyphs.txt"));
        Add("intents", "TextIntent/intents.onnx", """
            task: text-classification
            labels: intents.txt
            text: { tokenizer: vocab.txt, max-length: 32 }
            """, ("TextIntent/labels.txt", "intents.txt"), ("TextIntent/vocab.txt", "vocab.txt"));
        Add("vectors", "TextIntent/intents.onnx", """
            task: text-embedding
            text: { tokenizer: vocab.txt, max-length: 32 }
            """);
        Add("stories", "StoryTeller/stories.onnx", """
            task: causal-lm
            text:
              tokenizer: stories.tokenizer.bin
              max-length: 128
              chat: { system: "{0} ", user: "{0} ", assistant: "{0} ", reply: "Then " }
            """, ("StoryTeller/stories.tokenizer.bin", "stories.tokenizer.bin"));
        Add("recorded", "TextIntent/intents.onnx", """
            task: generic
            deploy: { embed: file }
            """);
    }

    /// <summary>How many models the app has.</summary>
    public int Models { get; private set; }

    /// <summary>How often a worker was started.</summary>
    public int Starts => _app.Starts;

    /// <summary><c>dotnet run</c>: compiled by the JIT, nothing trimmed.</summary>
    public async Task<AppRun> Run()
    {
        await NativePublish.BringPacks(["-p:PublishAot=true"], _packages);
        long start = Stopwatch.GetTimestamp();
        DotNetRun run = (await _app.Run("run")).Succeeded();
        return new AppRun(run.Output.Trim(), Stopwatch.GetElapsedTime(start).TotalSeconds, 0);
    }

    /// <summary>Trimmed, self-contained, compiled by the JIT.</summary>
    public Task<AppRun> PublishTrimmed() => Publish(Trim);

    /// <summary>Native AOT.</summary>
    public Task<AppRun> PublishNative(params string[] properties) => Publish([.. properties, .. NativePublish.Linker()]);

    /// <summary>
    /// That a warning of the trimmer would be seen at all: native AOT of the app with a type that is looked for by name, which the compiler's own analyzers
    /// are kept from finding.
    /// </summary>
    /// <returns>The errors of the trimmer.</returns>
    public async Task<IReadOnlyList<string>> PublishUntrimmable()
    {
        string added = _app.Write("Untrimmable.cs", "public static class Untrimmable { public static object? Make(string type) => System.Activator.CreateInstance(System.Type.GetType(type)!); }");
        string program = File.ReadAllText(_app["Program.cs"]);
        _app.Write("Program.cs", program + "\nif (args is [var type]) Untrimmable.Make(type);\n");
        string rid = await NativePublish.BringPacks(["-p:PublishAot=true"]);
        DotNetRun run = await _app.Run(["publish", "-tl:off", "-r", rid, "-p:EnableTrimAnalyzer=false", "-p:EnableAotAnalyzer=false", .. NativePublish.Linker(), "-o", _app["untrimmable"]]);
        File.Delete(added);
        _app.Write("Program.cs", program);
        return run.Failed().LinesWith("error IL");
    }

    public void Dispose() => _app.Dispose();

    private async Task<AppRun> Publish(string[] properties)
    {
        string rid = await NativePublish.BringPacks(properties.Contains(Trim[0]) ? Trim : ["-p:PublishAot=true"], _packages);
        string folder = _app["out", properties.Contains(Trim[0]) ? "trimmed" : "native"];
        long start = Stopwatch.GetTimestamp();
        DotNetRun run = (await _app.Run(["publish", "-tl:off", "-r", rid, .. properties, "-o", folder])).Succeeded();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        Assert.Empty(run.LinesWith("warning "));
        // The trimmer or the AOT compiler really ran: neither leaves a part of the framework that nothing needs.
        Assert.False(File.Exists(Path.Combine(folder, "System.Private.Xml.dll")));
        long bytes = new DirectoryInfo(folder).GetFiles("*", SearchOption.AllDirectories).Where(file => file.Extension is not (".dbg" or ".pdb")).Sum(file => file.Length);
        return new AppRun(await NativePublish.Start(folder), seconds, bytes);
    }

    private void Add(string name, string model, string spec, params (string From, string To)[] files)
    {
        _app.WithModel(name, spec: $"version: 1\n{spec}\ndata:\n  personal: {{ path: data }}\nprune:\n  budget: {{ macs: 0.5 }}\n");
        foreach ((string from, string to) in files.Prepend((model, name + ".onnx")))
            File.Copy(Path.Combine(Repository.Root, "samples", from), _app[to], overwrite: true);
        Models++;
    }

    /// <summary>Versions of packages as this repository has them.</summary>
    private static Dictionary<string, string> CentralVersions(params string[] names) =>
        XDocument.Load(Path.Combine(Repository.Root, "Directory.Packages.props")).Descendants("PackageVersion")
            .Where(element => names.Contains((string?)element.Attribute("Include")))
            .ToDictionary(element => (string)element.Attribute("Include")!, element => (string)element.Attribute("Version")!);
}
