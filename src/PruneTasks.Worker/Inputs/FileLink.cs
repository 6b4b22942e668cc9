using System.Runtime.InteropServices;

namespace PruneTasks.Worker.Inputs;

/// <summary>A second name for a file: a hard link where the file system knows such, else a copy. No symbolic link: ONNX Runtime follows none out of a model's folder.</summary>
internal static partial class FileLink
{
    /// <summary>Makes it, with the folders on the way. What is there already, because a model names the file in two ways, stays: a copy onto a second name would empty the first.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Make(string source, string target)
    {
        if (File.Exists(target)) return;
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        bool linked = OperatingSystem.IsWindows() ? CreateHardLink(target, source, 0) : Link(source, target) == 0;
        if (!linked) File.Copy(source, target, overwrite: false);
    }

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string source, string target);

    [LibraryImport("kernel32", EntryPoint = "CreateHardLinkW", StringMarshalling = StringMarshalling.Utf16)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool CreateHardLink(string target, string source, nint security);
}
