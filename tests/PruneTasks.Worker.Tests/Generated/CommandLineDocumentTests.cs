using System.CommandLine;
using System.Text;
using PruneTasks.Worker.Cli;

namespace PruneTasks.Worker.Tests.Generated;

public sealed class CommandLineDocumentTests
{
    [Fact]
    public void Documentation_of_the_command_line_is_that_of_the_parser()
    {
        string file = Path.Combine(RepositoryRoot, "docs", "command-line.md"), expected = CommandLineText.Write();
        if (Environment.GetEnvironmentVariable("PRUNETASKS_UPDATE") == "1") File.WriteAllText(file, expected, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        string actual = File.Exists(file) ? File.ReadAllText(file).ReplaceLineEndings("\n") : "";
        Assert.True(expected == actual, $"{file} differs from the parser. Run the tests with PRUNETASKS_UPDATE=1 to write it anew.\n{expected}");
    }

    [Fact]
    public void Every_argument_and_option_is_described()
    {
        foreach (Command command in All(WorkerCommandLine.CreateRoot(new CommandContext(TextWriter.Null, TextWriter.Null))))
        {
            Assert.False(string.IsNullOrWhiteSpace(command.Description), command.Name);
            Assert.All(command.Arguments, argument => Assert.False(string.IsNullOrWhiteSpace(argument.Description), $"{command.Name} <{argument.Name}>"));
            Assert.All(command.Options, option => Assert.False(string.IsNullOrWhiteSpace(option.Description), $"{command.Name} {option.Name}"));
        }
    }

    [Fact]
    public void Every_constant_of_an_exit_code_is_in_the_table() => Assert.Equal(
        typeof(ExitCode).GetFields().Where(field => field.IsLiteral).Select(field => (int)field.GetRawConstantValue()!).Order(),
        ExitCode.All.Select(row => row.Code).Order());

    private static IEnumerable<Command> All(Command command) => command.Subcommands.SelectMany(All).Prepend(command);

    private static string RepositoryRoot
    {
        get
        {
            DirectoryInfo? at = new(AppContext.BaseDirectory);
            while (at is not null && !File.Exists(Path.Combine(at.FullName, "PruneTasks.sln"))) at = at.Parent;
            return at?.FullName ?? throw new DirectoryNotFoundException("PruneTasks.sln is in no folder above the tests");
        }
    }
}
