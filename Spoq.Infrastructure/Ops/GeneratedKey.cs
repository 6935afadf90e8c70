using System.Security.Cryptography;

namespace Spoq.Infrastructure.Ops;

/// <summary>A development secret that is made once and kept in the data directory, readable by its owner only.</summary>
internal static class GeneratedKey
{
    public static byte[] Read(string directory, string name, int size)
    {
        Directory.CreateDirectory(directory);
        var path = Path.Combine(directory, name);
        if (!File.Exists(path))
        {
            // Two processes may start at once: the first file in place wins.
            var draft = Path.Combine(directory, $".{name}.{Guid.CreateVersion7():n}");
            using (var file = new FileStream(draft, PrivateFile))
            {
                file.Write(RandomNumberGenerator.GetBytes(size));
            }

            try
            {
                File.Move(draft, path, overwrite: false);
            }
            catch (IOException) when (File.Exists(path))
            {
                File.Delete(draft);
            }
        }

        return File.ReadAllBytes(path);
    }

    private static FileStreamOptions PrivateFile
    {
        get
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            return options;
        }
    }
}
