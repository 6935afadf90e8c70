namespace Spoq.Tests.Support;

/// <summary>Fails with the whole list: a generated test is only as good as what it says.</summary>
internal static class Offenders
{
    public static void None(IEnumerable<string> offenders)
    {
        var all = offenders.ToList();
        Assert.True(all.Count == 0, $"{all.Count}:\n{string.Join('\n', all.Take(200))}");
    }
}
