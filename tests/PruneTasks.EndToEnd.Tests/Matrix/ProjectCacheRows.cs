using PruneTasks.BuildTesting;

namespace PruneTasks.EndToEnd.Tests.Matrix;

/// <summary>
/// A row with a project cache: a plug-in that MSBuild asks before it builds a project, and that looks at nothing but the declared inputs, as those that predict inputs do (items of the types that are
/// <c>AvailableItemName</c>). It is built here against the MSBuild of the SDK, since its interface has moved between versions.
/// </summary>
internal static class ProjectCacheRows
{
    // Remembers one key: a hit if the content of all declared inputs is what it was. A hit runs GetTargetPath in place of Build, which compiles and prunes nothing.
    private const string Plugin = """
        using System;
        using System.Collections.Generic;
        using System.IO;
        using System.Linq;
        using System.Security.Cryptography;
        using System.Text;
        using System.Threading;
        using System.Threading.Tasks;
        using Microsoft.Build.Execution;
        using Microsoft.Build.Framework;
        using Microsoft.Build.ProjectCache;

        public sealed class OneKeyCache : ProjectCachePluginBase
        {
            public override Task BeginBuildAsync(CacheContext context, PluginLoggerBase logger, CancellationToken cancellation) => Task.CompletedTask;

            public override Task EndBuildAsync(PluginLoggerBase logger, CancellationToken cancellation) => Task.CompletedTask;

            public override Task<CacheResult> GetCacheResultAsync(BuildRequestData request, PluginLoggerBase logger, CancellationToken cancellation)
            {
                if (!request.TargetNames.Contains("Build")) return Task.FromResult(CacheResult.IndicateNonCacheHit(CacheResultType.CacheNotApplicable));
                ProjectInstance project = request.ProjectInstance;
                var text = new StringBuilder();
                foreach (string file in project.GetItems("AvailableItemName").Select(name => name.EvaluatedInclude).Distinct().SelectMany(name => project.GetItems(name))
                    .Select(item => Path.Combine(project.Directory, item.EvaluatedInclude)).Where(File.Exists).Distinct().Order())
                    text.Append(file).Append(' ').Append(Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)))).Append('\n');
                string stored = Path.Combine(project.Directory, "one-key.txt"), key = text.ToString();
                bool hit = File.Exists(stored) && File.ReadAllText(stored) == key;
                File.WriteAllText(stored, key);
                logger.LogMessage(hit ? "project cache: hit" : "project cache: miss", MessageImportance.High);
                return Task.FromResult(hit
                    ? CacheResult.IndicateCacheHit(new ProxyTargets(new Dictionary<string, string> { ["GetTargetPath"] = "Build" }))
                    : CacheResult.IndicateNonCacheHit(CacheResultType.CacheMiss));
            }
        }
        """;

    public static async Task ProjectCache(MatrixRows rows)
    {
        using var plugin = new TemporaryFolder("plugin");
        plugin.Write("OneKeyCache.cs", Plugin);
        plugin.Write("OneKeyCache.csproj", """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
              <ItemGroup><Reference Include="$(MSBuildToolsPath)/Microsoft.Build.dll;$(MSBuildToolsPath)/Microsoft.Build.Framework.dll" Private="false" /></ItemGroup>
            </Project>
            """);
        using TestApp app = new TestApp(rows.Package, project: $"""
            <ItemGroup>
              <ProjectCachePlugin Include="{plugin["bin", "Debug", "net10.0", "OneKeyCache.dll"]}" />
              <PruneModelInput Include="data/**" />
            </ItemGroup>
            """).WithModel();
        await rows.Row("a project cache (`-graph -isolate`)", "a miss prunes, a hit builds nothing, new data is a miss", async () =>
        {
            DotNetRun built = await plugin.Built();
            NotRunException.Unless(built.ExitCode == 0, "the SDK's MSBuild has another interface for project caches: " + built.LinesWith("error ").FirstOrDefault());
            (await app.Run("restore")).Succeeded();
            Assert.NotEmpty((await Build()).LinesWith("project cache: miss"));
            Assert.Equal(1, app.Starts);
            Directory.Delete(app["obj", "prunetasks"], recursive: true);
            Assert.NotEmpty((await Build()).LinesWith("project cache: hit"));
            Assert.False(Directory.Exists(app["obj", "prunetasks"]));
            await app.Prints(BuildMatrix.Tiny());
            app.Write("data/more.png", "another sample");
            Assert.NotEmpty((await Build()).LinesWith("project cache: miss"));
            Assert.Equal(2, app.Starts);
        });

        async Task<DotNetRun> Build() => (await app.Run("build", "--no-restore", "-tl:off", "-graph", "-isolate")).Succeeded();
    }

    private static Task<DotNetRun> Built(this TemporaryFolder plugin) => DotNet.Run(plugin.Path, ["build", "-tl:off"]);
}
